/** What a scaler may look at, for tests: a view at one moment, and a small fleet that lives through a trace. */
import type { Baseline, Minute, Scaler, ScalerView, Settings, Wish } from '../../lib/backtest/model.ts';

export const MINUTE_MS = 60_000;
/** Midnight UTC. */
export const T0 = Date.UTC(2026, 0, 5);
const LONG_AGO_SECONDS = 86_400;

/** Target 50 %, so that an instance at its target carries half of what it can. */
export const SETTINGS: Settings = {
  bootSeconds: 60,
  metricDelaySeconds: 60,
  min: 0,
  max: 1000,
  targetPercent: 50,
  warmupSeconds: 120,
};

/** A minute by its CPU or by its demand; `null`: it was not published. `inService`: of all instances in service. */
export type Told = { readonly cpu: number; readonly inService?: number } | { readonly offered: number } | null;

export interface Moment {
  readonly nowMs?: number;
  readonly desired: number;
  /** Seconds that each instance has been in service; all that are desired, for a day. */
  readonly ages?: readonly number[];
  /** Oldest first. The last is the one that is due now. */
  readonly minutes: readonly Told[];
}

function minuteOf(told: Exclude<Told, null>, startMs: number, count: number): Minute {
  if ('cpu' in told) {
    const inService = told.inService ?? count;
    return { startMs, cpu: told.cpu, offered: (told.cpu * inService) / 100, inService };
  }
  const cpu = count === 0 ? 0 : Math.min(100, (100 * told.offered) / count);
  return { startMs, cpu, offered: told.offered, inService: count };
}

/** The view at one moment; the newest minute has just been published. */
export function viewOf({ nowMs = T0 + 86_400_000, desired, ages, minutes }: Moment): ScalerView {
  const seconds = ages ?? Array.from({ length: desired }, () => LONG_AGO_SECONDS);
  const endMs = nowMs - SETTINGS.metricDelaySeconds * 1000;
  const published = minutes.flatMap((told, index) =>
    told === null ? [] : [minuteOf(told, endMs - (minutes.length - index) * MINUTE_MS, seconds.length)],
  );
  return {
    nowMs,
    desired,
    inServiceFor: (least) => seconds.filter((age) => age >= least).length,
    lastMinutes: (most) => published.slice(-most),
  };
}

/** The same minute so many times. */
export function times(count: number, told: Told): Told[] {
  return Array.from({ length: count }, () => told);
}

/** A new scaler's first answer: the capacity it wants, or `null` for no change. */
export function first(baseline: Baseline, moment: Moment, changes: Partial<Settings> = {}): number | null {
  return baseline.create({ ...SETTINGS, ...changes }).step(viewOf(moment))?.desired ?? null;
}

export interface Lived {
  readonly wishes: readonly (Wish & { readonly atMs: number })[];
  readonly desired: number;
}

/**
 * Lets a fleet live through demand, minute by minute; `null`: the minute happens, as the one before, and is not published.
 * Nor is one in which nobody was in service, as in the model's fleet.
 * Boots and metric delay are the settings'; instances that are taken away are gone at once, the youngest first.
 */
export function live(
  scaler: Scaler,
  settings: Settings,
  demand: readonly (number | null)[],
  start: { readonly desired: number; readonly fromMs?: number },
): Lived {
  const fromMs = start.fromMs ?? T0;
  const wishes: (Wish & { atMs: number })[] = [];
  const instances = Array.from({ length: start.desired }, () => ({ fromMs: fromMs - 86_400_000, toMs: Infinity }));
  const published: Minute[] = [];
  let [desired, ended, last] = [start.desired, 0, 0];

  const alive = (nowMs: number): typeof instances => instances.filter(({ toMs }) => toMs > nowMs);
  function endMinute(startMs: number, told: number | null): void {
    const offered = told ?? last;
    last = offered;
    const overlaps = instances.map((one) =>
      Math.max(0, Math.min(one.toMs, startMs + MINUTE_MS) - Math.max(one.fromMs, startMs)),
    );
    const inService = overlaps.reduce((sum, ms) => sum + ms, 0) / MINUTE_MS;
    if (told === null || inService === 0) return;
    published.push({ startMs, cpu: Math.min(100, (100 * offered) / inService), offered, inService });
  }
  function resize(nowMs: number): void {
    const now = alive(nowMs);
    for (let more = now.length; more < desired; more += 1) {
      instances.push({ fromMs: nowMs + settings.bootSeconds * 1000, toMs: Infinity });
    }
    for (const one of now.slice(desired)) one.toMs = nowMs;
  }

  for (let nowMs = fromMs; nowMs < fromMs + demand.length * MINUTE_MS; nowMs += scaler.everySeconds * 1000) {
    while (fromMs + (ended + 1) * MINUTE_MS <= nowMs) {
      endMinute(fromMs + ended * MINUTE_MS, demand[ended] as number | null);
      ended += 1;
    }
    const readableMs = nowMs - settings.metricDelaySeconds * 1000 - MINUTE_MS;
    const wish = scaler.step({
      nowMs,
      desired,
      inServiceFor: (least) => alive(nowMs).filter((one) => one.fromMs <= nowMs - least * 1000).length,
      lastMinutes: (most) => published.filter(({ startMs }) => startMs <= readableMs).slice(-most),
    });
    if (wish === null) continue;
    wishes.push({ ...wish, atMs: nowMs });
    desired = Math.min(settings.max, Math.max(settings.min, wish.desired));
    resize(nowMs);
  }
  return { wishes, desired };
}
