/** What the signals ask for together, and what is foretold of them. */
import { type Forecast, foresee } from './forecast.ts';
import type { DecisionStep, Numbers, Signal } from './model.ts';
import type { Recommendation } from './need.ts';
import { freshMs } from './scaling-memory.ts';
import type { Scene } from './scaling-scene.ts';

/** The combined wish of all signals. */
export interface Wish {
  readonly need: number;
  /** What the signals that are there ask for; 0 without one. */
  readonly asked: number;
  readonly signal: string;
  readonly missing: readonly string[];
  /** The need comes from a missing signal's one step. */
  readonly forMissing: boolean;
  readonly steps: readonly DecisionStep[];
}

/**
 * A signal that has been missing for as long as a datapoint may be late asks for its step; not one that a service just
 * taken up, or just resized, has had no time to bring.
 */
function asksForStep({ state, nowMs }: Scene, signal: Signal): boolean {
  const { missingStepTaken, lastChangeMs } = state.scaling;
  return signal.onMissing === 'scaleOut' && !missingStepTaken && nowMs - lastChangeMs > freshMs(signal);
}

/** The largest need of the signals that are there. */
export function combine(scene: Scene, recommendations: readonly Recommendation[]): Wish {
  const { view } = scene;
  const steps: DecisionStep[] = [];
  const missing: string[] = [];
  let stepOut = false;
  let need: number | null = null;
  let signal = 'no signal';
  for (const r of recommendations) {
    if (r.need === null) {
      missing.push(r.signal.name);
      stepOut ||= asksForStep(scene, r.signal);
      steps.push({ step: 'recommend', value: null, note: `${r.signal.name}: no fresh datapoint` });
      continue;
    }
    const covered = Number(r.point.covered.toFixed(1));
    const value = Number(r.point.value.toFixed(2));
    const note = `${r.signal.name} ${value} on ${covered} ${covered === 1 ? 'instance' : 'instances'}`;
    steps.push({ step: 'recommend', value: r.need, note });
    if (need === null || r.need > need) [need, signal] = [r.need, r.signal.name];
  }
  const forMissing = stepOut && (need ?? 0) <= view.desired;
  const combined = forMissing ? view.desired + 1 : (need ?? view.desired);
  steps.push({
    step: 'combine',
    value: combined,
    note: forMissing ? 'one step for missing signals' : `largest need: ${signal}`,
  });
  return { need: combined, asked: need ?? 0, signal, missing, forMissing, steps };
}

/** What is foretold until so long after the lead; nothing beside a step for missing signals, which is one step. */
export function foretold({ scaling, state, view, nowMs }: Scene, wish: Wish, beyondMs = 0): Forecast | null {
  return wish.forMissing ? null : foresee(scaling, state.scaling, view.desired, nowMs, beyondMs);
}

/** The forecast among the numbers of a decision, apart from what the signals ask for; none without one. */
export function forecastNumbers(forecast: Forecast | null): Numbers {
  if (forecast === null) return {};
  return { foretold: forecast.need, foretoldOf: forecast.signal, forecast: forecast.says };
}

/** The forecast as a step after the one that made `need`, which it never lowers; no step without a forecast. */
export function forecastStep(forecast: Forecast | null, need: number): readonly DecisionStep[] {
  if (forecast === null) return [];
  const note = `forecast ${forecast.signal} ${forecast.says}`;
  return [{ step: 'forecast', value: Math.max(need, forecast.need), note }];
}
