/** evenkeel itself in a backtest: the production decision, round after round, on what the model fleet shows. */
import { decide } from '../core/decide.ts';
import type {
  Datapoint,
  FleetPolicy,
  FleetView,
  Observation,
  Policy,
  Reading,
  ScalingPolicy,
  ServiceState,
  Signal,
} from '../core/model.ts';
import { messageOf } from '../core/reasons.ts';
import { isCpuSignal, isSignalDue, readFromMs } from '../core/scaling-memory.ts';
import { initialState, settle } from '../core/state.ts';
import { intervalMsOf } from '../core/targets.ts';
import type { Fleet } from './fleet.ts';
import type { Settings, Wish } from './model.ts';
import { datapoints } from './signals.ts';

/** What scales in a replay. It sees more of its fleet than a baseline does. */
export interface Driver {
  readonly everySeconds: number;
  step(fleet: Fleet): Wish | null;
}

/** A policy that can be replayed: it has a fleet, and says how it is scaled. */
export interface Scaled extends Policy {
  readonly fleet: FleetPolicy;
  readonly scaling: ScalingPolicy;
}

/** A CPU target of a policy, and the signal that has it. */
export interface CpuTarget {
  readonly name: string;
  readonly target: number;
}

/** The CPU targets of this policy, in its order. */
export function cpuTargets({ scaling }: Scaled): readonly CpuTarget[] {
  return scaling.signals.flatMap((signal) =>
    isCpuSignal(signal) && signal.target !== undefined ? [{ name: signal.name, target: signal.target }] : [],
  );
}

/**
 * The part of the policy that a trace can test, under these settings: fleet and scaling, enforced. Health and failover
 * are left out, for a trace tells nothing of failing servers and sites. The target replaces that of the CPU signal. Of
 * several, say a Maximum of 95 and an Average of 60, each keeps its own: with one for all it would be another policy.
 */
export function replayedPolicy(scaled: Scaled, settings: Settings): Scaled {
  const { service, region, fleet, scaling } = scaled;
  const { min, max, targetPercent, warmupSeconds } = settings;
  const isReplaced = cpuTargets(scaled).length === 1;
  const signals = scaling.signals.map((signal) =>
    isReplaced && isCpuSignal(signal) && signal.target !== undefined ? { ...signal, target: targetPercent } : signal,
  );
  return {
    ...{ service, region, mode: 'enforce' },
    fleet: { ...fleet, capacity: { min, max } },
    scaling: { ...scaling, signals, warmupSeconds },
  };
}

const notRead = (atMs: number): Reading<never> => ({ known: false, atMs, why: 'not-read' });

/** Makes what the production loop would observe (lib/controller/observe.ts): the group, and each signal that is due. */
function observer(policy: Scaled, settings: Settings, requestsPerInstance: number | null) {
  const group = {
    ...{ name: policy.fleet.autoScalingGroup, minSize: settings.min, maxSize: settings.max },
    suspended: [],
  };
  let seen: { readonly members: unknown; readonly inService: number } | null = null;
  let instances: FleetView['instances'] = [];
  const look = (fleet: Fleet): void => {
    const members = fleet.members();
    const inService = fleet.inService();
    if (seen?.members === members && seen.inService === inService) return;
    seen = { members, inService };
    instances = members.map(({ number }, index) => ({
      ...{ id: `i-${number}`, zone: 'a', healthy: true, protectedFromScaleIn: false },
      lifecycle: index < inService ? 'InService' : 'Pending',
    }));
  };
  const pointsOf = (signal: Signal, state: ServiceState, fleet: Fleet): readonly Datapoint[] => {
    const fromMs = readFromMs(policy, state.scaling, signal, fleet.nowMs);
    return datapoints(signal, fleet, fromMs, settings, requestsPerInstance);
  };
  return (state: ServiceState, fleet: Fleet): Observation => {
    const { nowMs, desired } = fleet;
    const known = <T>(value: T) => ({ known: true as const, atMs: nowMs, value });
    look(fleet);
    return {
      roundMs: nowMs,
      primary: { fleet: known({ ...group, desired, instances }), targets: undefined, probe: undefined },
      secondary: undefined,
      signals: policy.scaling.signals.map((signal) =>
        isSignalDue(state.scaling, signal, nowMs) ? known(pointsOf(signal, state, fleet)) : notRead(nowMs),
      ),
      refresh: known(false),
      scalers: known([]),
      dns: undefined,
      dnsChange: undefined,
      budget: known({ replacements: [], failbacks: [] }),
    };
  };
}

/**
 * Runs the rounds of the production loop against a model fleet: observe, decide, apply, settle. The policy is one that
 * `replayedPolicy` made, of signals that `unreplayable` has nothing against. No round is left out: which of them could
 * decide otherwise than the one before is the decision's own affair.
 */
export function createEvenkeel(
  policy: Scaled,
  everySeconds: number,
  settings: Settings,
  requestsPerInstance: number | null,
): Driver {
  const observe = observer(policy, settings, requestsPerInstance);
  let state: ServiceState = initialState(policy.service);
  return {
    everySeconds,
    step(fleet) {
      const { nowMs } = fleet;
      const observation = observe(state, fleet);
      const { decisions, state: next } = decide(policy, state, observation, nowMs);
      const decision = decisions.find(({ action }) => action?.kind === 'setCapacity');
      const action = decision?.action;
      if (decision === undefined || action?.kind !== 'setCapacity') {
        state = next;
        return null;
      }
      const saved = { ...next, version: next.version + 1 };
      state = settle(saved, [{ actionId: action.id, result: 'applied', atMs: nowMs }]);
      return { desired: action.to, reason: messageOf(decision) };
    },
  };
}

/** Seconds between two rounds of the production loop. */
export function roundSeconds(policy: Policy): number {
  return intervalMsOf(policy) / 1000;
}
