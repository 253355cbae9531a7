/** The Knative Pod Autoscaler, with an instance for a pod. */
import type { Baseline, Scaler, Settings } from '../model.ts';
import { change, currentMinute, offeredLoad, roundUp, shown } from './reading.ts';

/** config-autoscaler's defaults. */
const TICK_SECONDS = 2;
const STABLE_WINDOW_SECONDS = 60;
const PANIC_THRESHOLD = 2;
const MAX_UP_RATE = 1000;
const MAX_DOWN_RATE = 2;

function knativePodAutoscaler(settings: Settings): Scaler {
  const bounded = { ...settings, min: Math.max(1, settings.min) };
  /** `null`: not in panic. While it lasts, the most that was wanted is kept. */
  let panic: { sinceMs: number; most: number } | null = null;
  let isFirst = true;
  return {
    everySeconds: TICK_SECONDS,
    step(view) {
      const ready = Math.max(1, view.inServiceFor(0));
      // It starts in panic, so that a restart, which forgets the metrics, does not shrink the service.
      if (isFirst && ready > 1) panic = { sinceMs: view.nowMs, most: ready };
      isFirst = false;
      const newest = currentMinute(view, settings);
      if (newest === null) return null;
      const need = roundUp(offeredLoad(newest, settings));
      const up = Math.ceil(MAX_UP_RATE * ready);
      const wanted = Math.min(up, Math.max(need, Math.floor(ready / MAX_DOWN_RATE)));
      if (need / ready >= PANIC_THRESHOLD) panic = { sinceMs: view.nowMs, most: panic?.most ?? 0 };
      else if (panic !== null && view.nowMs - panic.sinceMs > STABLE_WINDOW_SECONDS * 1000) panic = null;
      if (panic !== null) panic = { sinceMs: panic.sinceMs, most: Math.max(panic.most, wanted) };
      const why = `demand ${shown(newest.offered)} needs ${need}${panic === null ? '' : ', in panic'}`;
      return change(view, bounded, panic?.most ?? wanted, why);
    },
  };
}

/** Knative on concurrency: in proportion to demand, never down while it panics, and at most by half at a time. */
export const kpa: Baseline = {
  name: 'kpa',
  title: 'Knative KPA',
  source:
    'knative/serving, pkg/autoscaler/scaling/autoscaler.go (@00a4a55c) and config-autoscaler (@0d68a7be): read at the source. Adapted: concurrency is the demand in instances, and the target of 70 % is the target here. The stable window of 60 s is the newest published minute, and so is the panic window of 6 s, which is coarser: panic begins only when a whole minute asked for twice the instances that are ready. It does not scale to zero.',
  create: knativePodAutoscaler,
};
