/**
 * How large the fleet should be: recommend, combine, stabilize, clamp, limit. The clamp comes before the limit, so that a
 * fleet outside its bounds walks toward them step by step.
 */
import { SLOT_MS } from './curve.ts';
import { followedMs } from './dns.ts';
import type { Forecast } from './forecast.ts';
import { type Interlock, scaleInInterlocks } from './interlocks.ts';
import type {
  Action,
  Decision,
  DecisionStep,
  Numbers,
  Observation,
  Policy,
  ScalingPolicy,
  ServiceState,
} from './model.ts';
import { recommend, windowNeed } from './need.ts';
import { pendingOf } from './pending.ts';
import type { ReasonCode } from './reasons.ts';
import { boundsOf, type NextId, type Scene } from './scaling-scene.ts';
import { combine, forecastNumbers, forecastStep, foretold, type Wish } from './scaling-wish.ts';
import type { TargetSummary } from './targets.ts';

function none(reason: ReasonCode, numbers: Numbers = {}): Decision {
  return { area: 'scaling', reason, action: null, numbers };
}

function change(
  scene: Scene,
  reason: ReasonCode,
  to: number,
  numbers: Numbers,
  steps: readonly DecisionStep[],
): Decision {
  const { policy, view, nextId } = scene;
  const base = { id: nextId(), region: policy.region, reason };
  const action: Action = { ...base, kind: 'setCapacity', site: 'primary', group: view.name, from: view.desired, to };
  return { area: 'scaling', reason, action, numbers: { ...numbers, to }, steps };
}

/** Parking by hand and its undoing come before everything else; `null` when neither is due. */
function parking(scene: Omit<Scene, 'scaling' | 'bounds'>): Decision | null {
  const { policy, fleet, state, view, nextId } = scene;
  const from = { minSize: view.minSize, desired: view.desired };
  const base = { id: '', region: policy.region, group: view.name, from };
  if (state.orders.capacity?.capacity === 0) {
    if (view.desired === 0) return none('PARKED', { desired: 0 });
    const action: Action = {
      ...base,
      id: nextId(),
      kind: 'parkFleet',
      reason: 'PARKED',
      to: { minSize: 0, desired: 0 },
    };
    return { area: 'scaling', reason: 'PARKED', action, numbers: { desired: view.desired, to: 0 } };
  }
  const parked = state.orders.parked;
  if (parked === undefined) return null;
  // Nothing that somebody gave the group meanwhile is taken away, and AWS refuses what is above its MaxSize.
  const fits = (size: number): number => Math.min(size, view.maxSize);
  const to = {
    minSize: fits(Math.max(parked.minSize, view.minSize)),
    desired: fits(Math.max(parked.desired, parked.minSize, fleet.capacity.min, view.desired)),
  };
  const action: Action = { ...base, id: nextId(), kind: 'unparkFleet', reason: 'UNPARK', to };
  return { area: 'scaling', reason: 'UNPARK', action, numbers: { minSize: to.minSize, to: to.desired } };
}

/** `forecast`: what asks for more than the signals do, if it does. */
function scaleOut(scene: Scene, wish: Wish, wanted: number, forecast: Forecast | null): Decision {
  const { scaling, state, view, bounds, nowMs } = scene;
  const ahead = forecast !== null && wish.need <= view.desired ? forecast : null;
  const needy = bounds.lower > view.desired;
  // What was only foretold waits for every change, and what is asked for now never for what was only foretold.
  const { lastScaleOutMs, lastChangeMs } = state.scaling;
  const lastMs = ahead === null ? lastScaleOutMs : Math.max(lastScaleOutMs, lastChangeMs);
  const waitMs = lastMs + scaling.scaleOut.cooldownSeconds * 1000 - nowMs;
  const numbers = {
    desired: view.desired,
    need: wish.need,
    signal: wish.signal,
    ...forecastNumbers(forecast),
    wanted,
    lower: bounds.lower,
    upper: bounds.upper,
  };
  const to = Math.min(wanted, view.desired + scaling.scaleOut.maxStep);
  if (waitMs > 0 && !needy) {
    const rejected = [{ option: `scale out to ${to}`, reason: 'COOLDOWN' } as const];
    return { ...none('COOLDOWN', { ...numbers, waitSeconds: Math.ceil(waitMs / 1000) }), steps: wish.steps, rejected };
  }
  const steps = [
    ...wish.steps,
    { step: 'clamp', value: wanted, note: `within ${bounds.lower} and ${bounds.upper}` } as const,
    { step: 'limit', value: to, note: `at most ${scaling.scaleOut.maxStep} at once` } as const,
  ];
  const missing = wish.missing.join(', ');
  if (needy && Math.max(wish.need, ahead?.need ?? 0) <= bounds.lower) {
    return change(scene, bounds.ordered ? 'CAPACITY_ORDER' : 'BELOW_MINIMUM', to, numbers, steps);
  }
  if (ahead !== null) return change(scene, 'FORECAST_OUT', to, { ...numbers, missing }, steps);
  if (wish.forMissing) return change(scene, 'SIGNAL_MISSING_OUT', to, { ...numbers, missing }, steps);
  const more = forecast === null ? '' : `, forecast ${forecast.signal} ${forecast.says}`;
  return change(
    scene,
    'SCALE_OUT',
    to,
    { ...numbers, asks: `${wish.signal} needs ${wish.need}${more}`, missing },
    steps,
  );
}

function refuseScaleIn(
  interlocks: readonly Interlock[],
  numbers: Numbers,
  steps: readonly DecisionStep[],
  option: string,
): Decision | null {
  const [first] = interlocks;
  if (first === undefined) return null;
  const rejected = interlocks.map(({ reason }) => ({ option, reason }));
  return { ...none(first.reason, { ...numbers, ...first.numbers }), steps, rejected };
}

function scaleIn(scene: Scene, wish: Wish): Decision {
  const { policy, scaling, state, obs, view, bounds, summary, nowMs } = scene;
  const followed = policy.failover === undefined ? 0 : followedMs(state.failover, obs.dns);
  const window = windowNeed(scaling, state.scaling, view.desired, followed);
  const windowSeconds = scaling.scaleIn.stabilizationSeconds;
  const inBounds = (need: number): number => Math.max(bounds.lower, Math.min(bounds.upper, need));
  const atMostStep = (to: number): number => Math.max(to, view.desired - scaling.scaleIn.maxStep);
  const later = foretold(scene, wish, SLOT_MS);
  const agreed = inBounds(window.need);
  const wanted = Math.max(agreed, inBounds(later?.need ?? 0));
  const to = atMostStep(wanted);
  const numbers = {
    desired: view.desired,
    // Above the upper bound the bound is what is needed, whatever the signals ask for.
    need: Math.min(bounds.upper, wish.need),
    windowNeed: agreed,
    ...forecastNumbers(later),
    windowSeconds,
    points: window.points,
    pointsNeeded: window.pointsNeeded,
    lower: bounds.lower,
    upper: bounds.upper,
  };
  const steps = [
    ...wish.steps,
    {
      step: 'stabilize',
      value: window.need,
      note: `largest need in ${windowSeconds} s on ${window.points} of ${window.pointsNeeded} points`,
    } as const,
    ...forecastStep(later, window.need),
    { step: 'clamp', value: wanted, note: `within ${bounds.lower} and ${bounds.upper}` } as const,
    { step: 'limit', value: to, note: `at most ${scaling.scaleIn.maxStep} at once` } as const,
  ];
  const option = `scale in to ${atMostStep(inBounds(wish.need))}`;
  if (later !== null && window.points >= window.pointsNeeded && agreed < view.desired && wanted >= view.desired) {
    return {
      ...none('FORECAST_HOLD', numbers),
      steps,
      rejected: [{ option, reason: 'FORECAST_HOLD' }],
    };
  }
  if (window.points < window.pointsNeeded || wanted >= view.desired) {
    return { ...none('STABILIZING', numbers), steps, rejected: [{ option, reason: 'STABILIZING' }] };
  }
  const interlocks = scaleInInterlocks(policy, state, obs, view, summary, nowMs);
  const refused = refuseScaleIn(interlocks, numbers, steps, option);
  if (refused !== null) return refused;
  const reason = view.desired > bounds.upper ? 'ABOVE_MAXIMUM' : 'SCALE_IN';
  return change(scene, reason, to, numbers, steps);
}

/** Nothing is changed, because nothing else is wanted, may be had, or is known. */
function unchanged(scene: Scene, wish: Wish): Decision {
  const { state, view, bounds } = scene;
  const asked = Math.max(wish.asked, state.orders.capacity?.capacity ?? 0);
  const numbers = { desired: view.desired, need: wish.need, lower: bounds.lower, upper: bounds.upper };
  const { steps } = wish;
  if (asked > bounds.upper) {
    const rejected = [{ option: `scale out to ${asked}`, reason: 'AT_MAXIMUM' } as const];
    return { ...none('AT_MAXIMUM', { ...numbers, need: asked }), steps, rejected };
  }
  if (wish.missing.length > 0) {
    const isUnread = unreadSignals(scene).some((name) => wish.missing.includes(name));
    const reason = isUnread ? 'SIGNAL_UNREADABLE' : 'SIGNAL_MISSING';
    const rejected = [{ option: 'scale in', reason } as const];
    return { ...none(reason, { ...numbers, missing: wish.missing.join(', ') }), steps, rejected };
  }
  return { ...none(wish.need < bounds.lower ? 'AT_MINIMUM' : 'STEADY', numbers), steps };
}

/** Signals whose datapoint is due and could not be read: it may be there and ask for more, however fresh the last one is. */
function unreadSignals({ scaling, obs }: Scene): string[] {
  return scaling.signals
    .filter((_, index) => {
      const reading = obs.signals[index];
      return reading?.known === false && reading.why !== 'not-read';
    })
    .map(({ name }) => name);
}

function bySignals(scene: Scene): Decision {
  const { scaling, state, view, bounds, nowMs } = scene;
  const wish = combine(scene, recommend(scaling, state.scaling, view.desired, nowMs));
  const forecast = foretold(scene, wish);
  const seen = { ...wish, steps: [...wish.steps, ...forecastStep(forecast, wish.need)] };
  const inBounds = (need: number): number => Math.max(bounds.lower, Math.min(bounds.upper, need));
  const wanted = inBounds(wish.need);
  const foreseen = inBounds(Math.max(wish.need, forecast?.need ?? 0));
  if (foreseen > view.desired) return scaleOut(scene, seen, foreseen, foreseen > wanted ? forecast : null);
  if (wanted >= view.desired || scaling.signals.length === 0) return unchanged(scene, seen);
  const missing = [...new Set([...wish.missing, ...unreadSignals(scene)])];
  return missing.length === 0 ? scaleIn(scene, wish) : unchanged(scene, { ...seen, missing });
}

/** Bounds and orders alone, for a fleet whose policy has no signals: it is raised when ordered, never lowered. */
const NO_SIGNALS: ScalingPolicy = {
  signals: [],
  tolerance: 0,
  warmupSeconds: 0,
  scaleOut: { maxStep: Number.MAX_SAFE_INTEGER, cooldownSeconds: 0 },
  scaleIn: { maxStep: 0, stabilizationSeconds: 0 },
};

/**
 * Decides the fleet's capacity in one decision with at most one action, whose number is absolute.
 * `summary` are the targets of this observation, `null` when they cannot be read.
 */
export function decideScaling(
  policy: Policy,
  state: ServiceState,
  obs: Observation,
  summary: TargetSummary | null,
  nowMs: number,
  nextId: NextId,
): Decision {
  const { fleet } = policy;
  const { capacity: order, parked: size } = state.orders;
  const wanted = policy.scaling !== undefined || order !== undefined || size !== undefined;
  if (fleet === undefined || !wanted) return none('NOT_CONFIGURED');
  const reading = obs.primary.fleet;
  if (reading?.known !== true) return none('FLEET_MISSING', { why: reading?.why ?? 'not-read' });
  const view = reading.value;
  if (view.refused !== undefined) return none('FLEET_REFUSED', { because: view.refused });
  const underWay = pendingOf(
    state,
    (a) => (a.kind === 'setCapacity' && a.site === 'primary') || a.kind === 'parkFleet' || a.kind === 'unparkFleet',
  );
  if (underWay !== undefined) return none('PENDING', { kind: underWay.kind });
  const scene = { policy, fleet, state, obs, view, summary, nowMs, nextId };
  const parked = parking(scene);
  if (parked !== null) return parked;
  const bounds = boundsOf(fleet, view, state, obs);
  if (bounds.lower > bounds.upper) return none('BOUNDS_CONFLICT', { lower: bounds.lower, upper: bounds.upper });
  return bySignals({ ...scene, scaling: policy.scaling ?? NO_SIGNALS, bounds });
}
