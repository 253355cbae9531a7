/**
 * Plain data for the tests of the pure core: the lab's policy, a quiet world, and changes to both. Every builder takes
 * only what a test is about; the rest is quiet: two healthy servers in Seoul, one in Tokyo, CPU at its target.
 */
import { decide } from '../../lib/core/decide.ts';
import type {
  Action,
  Area,
  Datapoint,
  Decision,
  DnsView,
  FleetView,
  InstanceView,
  Missing,
  MissingReason,
  Observation,
  Outcome,
  Policy,
  Reading,
  RecordSet,
  Refusal,
  Result,
  ScalingPolicy,
  ServiceState,
  Signal,
  TargetGroupView,
  TargetState,
  TargetView,
} from '../../lib/core/model.ts';
import { initialState, isWorthSaving, settle } from '../../lib/core/state.ts';
import { WEB } from './web-policy.ts';

/** A full minute, so that it is a round's mark at every interval and the start of a datapoint. */
export const T0 = Date.UTC(2026, 0, 5, 12, 0, 0);
export const SECOND = 1000;
export const MINUTE = 60_000;

/** Any part of a value; arrays are replaced whole. */
export type Part<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Part<T[K]> }
    : T;

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merged(base: unknown, change: unknown): unknown {
  if (!isMap(base) || !isMap(change)) return change;
  const keys = new Set([...Object.keys(base), ...Object.keys(change)]);
  return Object.fromEntries([...keys].map((k) => [k, k in change ? merged(base[k], change[k]) : base[k]]));
}

/** `base` with the changes laid over it, map by map; `undefined` in a change takes the key's value away. */
export function change<T>(base: T, changes: Part<NoInfer<T>>): T {
  return merged(base, changes) as T;
}

/** The lab's policy with changes. */
export function policyOf(changes: Part<Policy> = {}): Policy {
  return change(WEB, changes);
}

/** The lab's one signal. */
export const [CPU] = (WEB.scaling as ScalingPolicy).signals as readonly [Signal];

export function known<T>(value: T, atMs: number = T0): Reading<T> {
  return { known: true, atMs, value };
}

export function missing(why: MissingReason = 'unavailable', atMs: number = T0): Missing {
  return { known: false, atMs, why };
}

export function instance(id: string, changes: Part<InstanceView> = {}): InstanceView {
  const base: InstanceView = {
    id,
    zone: 'ap-northeast-2a',
    lifecycle: 'InService',
    healthy: true,
    protectedFromScaleIn: false,
  };
  return change(base, changes);
}

/** Ids `i-1` to `i-n`, or with another prefix. */
export function ids(count: number, prefix = 'i-'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

/** A group of 1 to 100 with `desired` instances in service. */
export function fleetOf(desired: number, changes: Part<FleetView> = {}): FleetView {
  const instances = ids(desired).map((id) => instance(id));
  const base: FleetView = { name: 'exercise-group', minSize: 1, maxSize: 100, desired, instances, suspended: [] };
  return change(base, changes);
}

/** A target on port 80, or on the port in `id:port`. */
export function target(idAndPort: string, state: TargetState = 'healthy', changes: Part<TargetView> = {}): TargetView {
  const [id = '', port = '80'] = idAndPort.split(':');
  const reason = state === 'healthy' ? undefined : state === 'unhealthy' ? 'Target.FailedHealthChecks' : undefined;
  const base: TargetView = { key: `${id}:${port}`, id, port: Number(port), state, reason, zonalShift: false };
  return change(base, changes);
}

export function groupOf(targets: readonly TargetView[], targetType: TargetGroupView['targetType'] = 'instance') {
  return { arn: 'arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/x/1', targetType, targets };
}

/** Targets `i-1:80` … with these states, in order. */
export function groupIn(...states: TargetState[]): TargetGroupView {
  return groupOf(states.map((state, index) => target(`i-${index + 1}`, state)));
}

/** One datapoint a minute, the last one's period ending at or before `atMs`. */
export function datapoints(atMs: number, ...values: number[]): Datapoint[] {
  const endMs = Math.floor(atMs / MINUTE) * MINUTE;
  return values.map((value, index) => ({ startMs: endMs - (values.length - index) * MINUTE, value }));
}

export function recordSet(setIdentifier: string, weight: number, changes: Part<RecordSet> = {}): RecordSet {
  const raw = { Name: 'www.example.com.', Type: 'A', SetIdentifier: setIdentifier, Weight: weight, TTL: 30 };
  return { type: 'A', setIdentifier, weight, ttlSeconds: 30, routing: 'weighted', raw, ...changes } as RecordSet;
}

export function dnsOf(seoul: number, tokyo: number): DnsView {
  return { sets: [recordSet('seoul', seoul), recordSet('tokyo', tokyo)] };
}

/** A reading, or its value, which then counts as read at the time of the observation. */
type OrValue<T> = Reading<T> | T;

/** What a test changes in the quiet world. `undefined` given by name: the policy asks for no such reading. */
export interface World {
  readonly roundMs?: number;
  readonly fleet?: OrValue<FleetView> | undefined;
  readonly targets?: OrValue<TargetGroupView> | undefined;
  readonly probe?: OrValue<boolean> | undefined;
  readonly standbyFleet?: OrValue<FleetView> | undefined;
  readonly standbyTargets?: OrValue<TargetGroupView> | undefined;
  readonly standbyProbe?: OrValue<boolean> | undefined;
  readonly signals?: readonly OrValue<readonly Datapoint[]>[];
  readonly refresh?: OrValue<boolean> | undefined;
  readonly scalers?: OrValue<readonly string[]> | undefined;
  readonly dns?: OrValue<DnsView> | undefined;
  readonly dnsChange?: OrValue<'PENDING' | 'INSYNC'> | undefined;
  readonly budget?: OrValue<Observation['budget'] extends Reading<infer B> ? B : never>;
}

function readingOf<T>(value: OrValue<T>, atMs: number): Reading<T> {
  const isReading = (v: OrValue<T>): v is Reading<T> => isMap(v) && 'known' in v;
  return isReading(value) ? value : known(value, atMs);
}

/** The lab's world as read at `atMs`: quiet but for the changes. */
export function observe(atMs: number, world: World = {}): Observation {
  const quiet: World = {
    fleet: fleetOf(2),
    targets: groupIn('healthy', 'healthy'),
    probe: missing('not-read', atMs),
    standbyFleet: fleetOf(1, { name: 'exercise-standby-group', instances: [instance('i-91')] }),
    standbyTargets: groupOf([target('i-91')]),
    standbyProbe: missing('not-read', atMs),
    signals: [datapoints(atMs, 80)],
    refresh: false,
    scalers: [],
    dns: dnsOf(100, 0),
    dnsChange: undefined,
    budget: { replacements: [], failbacks: [] },
  };
  const all = { ...quiet, ...world };
  const read = <T>(value: OrValue<T> | undefined): Reading<T> | undefined =>
    value === undefined ? undefined : readingOf(value, atMs);
  return {
    roundMs: all.roundMs ?? atMs,
    primary: { fleet: read(all.fleet), targets: read(all.targets), probe: read(all.probe) },
    secondary: { fleet: read(all.standbyFleet), targets: read(all.standbyTargets), probe: read(all.standbyProbe) },
    signals: (all.signals ?? []).map((s) => readingOf(s, atMs)),
    refresh: read(all.refresh),
    scalers: read(all.scalers),
    dns: read(all.dns),
    dnsChange: read(all.dnsChange),
    budget: readingOf(all.budget ?? { replacements: [], failbacks: [] }, atMs),
  };
}

/** A state that was saved before, with changes. */
export function stateOf(changes: Part<ServiceState> = {}): ServiceState {
  return change(change(initialState('web'), { version: 1 }), changes);
}

/** The decisions of one area. */
export function inArea(result: Result, area: Area): readonly Decision[] {
  return result.decisions.filter((d) => d.area === area);
}

/** The reasons of one area, in their order. */
export function reasons(result: Result, area: Area): string[] {
  return inArea(result, area).map((d) => d.reason);
}

export function actionsOf<K extends Action['kind']>(result: Result, kind: K): (Action & { kind: K })[] {
  return result.actions.filter((a): a is Action & { kind: K } => a.kind === kind);
}

/** Every action of the result with the same outcome. */
export function outcomesOf(result: Result, atMs: number, refusal?: Refusal): Outcome[] {
  return result.actions.map(({ id: actionId }) =>
    refusal === undefined
      ? { actionId, result: 'applied', atMs, changeId: `/change/${actionId}` }
      : { actionId, result: 'refused', atMs, why: refusal },
  );
}

/** A round as it was: what was decided, and the state once its actions were applied (or refused) and saved. */
export interface Round {
  readonly atMs: number;
  readonly result: Result;
  readonly state: ServiceState;
}

/** One round of decide, save, act and save, without the controller: every action is applied, or refused as told. */
export function round(policy: Policy, state: ServiceState, obs: Observation, nowMs: number, refusal?: Refusal): Round {
  const result = decide(policy, state, obs, nowMs);
  const saved = savedFrom(state, result.state);
  return { atMs: nowMs, result, state: savedFrom(saved, settle(saved, outcomesOf(result, nowMs, refusal))) };
}

/** The state with the next version if it is worth saving, as the controller does it. */
export function savedFrom(before: ServiceState, after: ServiceState): ServiceState {
  return isWorthSaving(before, after) ? { ...after, version: before.version + 1 } : after;
}

/**
 * Several rounds, `everyMs` apart from `fromMs` on, over what `world` shows at each; it is told the index, the time and
 * the state as it stands.
 */
export function rounds(
  policy: Policy,
  start: ServiceState,
  count: number,
  world: (index: number, atMs: number, state: ServiceState) => World,
  fromMs: number = T0,
  everyMs: number = 5 * SECOND,
): Round[] {
  const ran: Round[] = [];
  let state = start;
  for (let index = 0; index < count; index += 1) {
    const atMs = fromMs + index * everyMs;
    const one = round(policy, state, observe(atMs, world(index, atMs, state)), atMs);
    ran.push(one);
    state = one.state;
  }
  return ran;
}
