/** Evidence made by hand: the lab at rest, and what a controller that does everything right would send. */

import { createAuditor, type InvariantName, type Violation } from '../../lib/core/invariants.ts';
import type { Change, Evidence, ReadApi, SetEdit, Trouble, Write } from '../../lib/core/invariants-evidence.ts';
import type { Action, Orders, Policy, ServiceState, SiteName, TargetState } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { WEB } from './web-policy.ts';

export const T0 = Date.UTC(2026, 0, 5, 12, 0, 0);
export const SECOND = 1000;
export const MINUTE = 60_000;
const CALLER = 'onTick/0';
const service = WEB.service;

export function target(
  atMs: number,
  key: string,
  state: TargetState | null,
  reason?: string,
  site: SiteName = 'primary',
): Evidence {
  return { atMs, kind: 'target', service, site, key, state, reason };
}

export function instance(atMs: number, id: string, lifecycle: string | null, site: SiteName = 'primary'): Evidence {
  return { atMs, kind: 'instance', service, site, id, lifecycle };
}

export function group(atMs: number, desired: number, site: SiteName = 'primary', minSize = 1, maxSize = 2): Evidence {
  return { atMs, kind: 'group', service, site, minSize, maxSize, desired };
}

export function reach(atMs: number, site: SiteName, readable: boolean, answering: boolean): Evidence {
  return { atMs, kind: 'reach', service, site, readable, answering };
}

const weights = (seoul: number, tokyo: number) => ({ seoul, tokyo });

export function recorded(
  atMs: number,
  seoul: number,
  tokyo: number,
  kind: 'recorded' | 'served' = 'recorded',
): Evidence {
  return { atMs, kind, service, weights: weights(seoul, tokyo) };
}

export function datapoint(startMs: number, value: number, signal = 'cpu'): Evidence {
  return { atMs: startMs + 2 * MINUTE, kind: 'datapoint', service, signal, startMs, value };
}

export function cycle(atMs: number, applied: readonly string[] = []): Evidence {
  return { atMs, kind: 'cycle', caller: 'onTick/0', service, applied };
}

export function trouble(atMs: number, part: Trouble, untilMs = atMs): Evidence {
  return { atMs, kind: 'trouble', with: part, untilMs };
}

/** Old answers of one API. */
export function old(atMs: number, api: ReadApi, untilMs: number): Evidence {
  return { atMs, kind: 'trouble', with: 'stale', api, untilMs };
}

/** Two healthy servers in Seoul, one in Tokyo, everything readable, all clients in Seoul. */
export function atRest(atMs = T0): Evidence[] {
  return [
    group(atMs, 2),
    group(atMs, 1, 'secondary', 0, 4),
    ...['i-a', 'i-b'].flatMap((id) => [instance(atMs, id, 'InService'), target(atMs, `${id}:80`, 'healthy')]),
    instance(atMs, 'i-c', 'InService', 'secondary'),
    target(atMs, 'i-c:80', 'healthy', undefined, 'secondary'),
    reach(atMs, 'primary', true, true),
    reach(atMs, 'secondary', true, true),
    recorded(atMs, 100, 0),
    recorded(atMs, 100, 0, 'served'),
  ];
}

function stateWith(actions: readonly Action[], atMs: number, orders: Orders, out: readonly Action[]): ServiceState {
  const fresh = initialState(service);
  const ejected = out.flatMap((one) =>
    one.kind === 'deregisterTarget'
      ? [[one.target.key, { ...one.target, atMs, times: 1, replace: one.replace }] as const]
      : [],
  );
  return {
    ...fresh,
    health: { ...fresh.health, ejected: Object.fromEntries(ejected) },
    version: 1,
    orders,
    pending: actions.map((action) => ({ action, atMs, acceptedMs: null })),
  };
}

/** `out`: the ejections that the state holds. */
export function saved(
  atMs: number,
  actions: readonly Action[],
  orders: Orders = {},
  out: readonly Action[] = [],
): Evidence {
  return { atMs, kind: 'saved', service, state: stateWith(actions, atMs, orders, out) };
}

/** From now on the caller serves by this policy. */
export const serves = (atMs: number, policy: Policy, caller = CALLER): Evidence => ({
  ...{ atMs, kind: 'serves', service, caller, policy },
});

/** A saved state in which people were told of this incident. */
export function told(atMs: number, incident: string): Evidence {
  const state = { ...stateWith([], atMs, {}, []), incidents: { [incident]: { sinceMs: atMs, lastMs: atMs } } };
  return { atMs, kind: 'saved', service, state };
}

export function lease(atMs: number, epoch: number, caller = CALLER): Evidence {
  return { atMs, kind: 'lease', caller, epoch };
}

export function look(
  atMs: number,
  epoch: number | null = 1,
  frozen = false,
  caller = CALLER,
  about: readonly string[] | null = [service],
): Evidence {
  return { atMs, kind: 'look', caller, epoch, frozen, about };
}

export function write(atMs: number, change: Change, more: Partial<Write> = {}): Write {
  return { kind: 'write', atMs, service, caller: CALLER, sentMs: atMs, effectMs: atMs, change, ...more };
}

let count = 0;
const base = (reason: Action['reason']) => ({ id: `web:${++count}:1`, region: WEB.region, reason });

export function resize(from: number, to: number, site: SiteName = 'primary'): Action {
  return { ...base('SCALE_OUT'), kind: 'setCapacity', site, group: 'exercise-group', from, to };
}

export function park(minSize: number, desired: number, kind: 'parkFleet' | 'unparkFleet' = 'parkFleet'): Action {
  return {
    ...base('PARKED'),
    kind,
    group: 'exercise-group',
    from: { minSize: 1, desired: 2 },
    to: { minSize, desired },
  };
}

export function deregister(id: string, port = 80): Action {
  const ours = { targetGroup: 'exercise-target-group', target: { key: `${id}:${port}`, id, port } };
  return { ...base('EJECT'), kind: 'deregisterTarget', ...ours, replace: true };
}

export function register(id: string, port = 80): Action {
  const ours = { targetGroup: 'exercise-target-group', target: { key: `${id}:${port}`, id, port } };
  return { ...base('READMIT'), kind: 'registerTarget', ...ours };
}

export function replace(instanceId: string): Action {
  return { ...base('REPLACE'), kind: 'replaceInstance', group: 'exercise-group', instanceId, after: null };
}

export function move(
  to: SiteName,
  cause: 'trip' | 'failback' | 'order' = 'trip',
  after: Readonly<Record<string, number>> = to === 'primary' ? weights(100, 0) : weights(0, 100),
): Action {
  const record = { hostedZoneId: 'Z0123456789ABCDEFGHIJ', name: 'www.example.com', sets: [] };
  return { ...base('TRIP'), kind: 'moveDns', ...record, to, cause, weights: after };
}

export const set = (
  setIdentifier: string,
  weight: number,
  rest = 'A 198.18.0.0',
  name = 'www.example.com',
): SetEdit => ({
  name,
  setIdentifier,
  weight,
  rest,
});

/** The change batch that a move becomes. */
export function batch(to: SiteName): Extract<Change, { kind: 'dns' }> {
  const [seoul, tokyo] = to === 'primary' ? [100, 0] : [0, 100];
  return {
    kind: 'dns',
    deleted: [set('seoul', 100 - seoul), set('tokyo', 100 - tokyo)],
    created: [set('seoul', seoul), set('tokyo', tokyo)],
    others: 0,
  };
}

function changeOf(action: Action): { change: Change; effects: (atMs: number) => Evidence[] } {
  switch (action.kind) {
    case 'setCapacity':
      return {
        change: { kind: 'capacity', site: action.site, to: action.to },
        effects: (atMs) => [
          action.site === 'primary' ? group(atMs, action.to) : group(atMs, action.to, 'secondary', 0, 4),
        ],
      };
    case 'parkFleet':
    case 'unparkFleet':
      return {
        change: { kind: 'size', site: 'primary', minSize: action.to.minSize, to: action.to.desired },
        effects: (atMs) => [group(atMs, action.to.desired, 'primary', action.to.minSize)],
      };
    case 'deregisterTarget':
      return {
        change: { kind: 'deregister', site: 'primary', key: action.target.key },
        effects: (atMs) => [target(atMs, action.target.key, 'draining', 'Target.DeregistrationInProgress')],
      };
    case 'registerTarget':
      return {
        change: { kind: 'register', site: 'primary', key: action.target.key },
        effects: (atMs) => [target(atMs, action.target.key, 'initial', 'Elb.RegistrationInProgress')],
      };
    case 'replaceInstance':
      return { change: { kind: 'replace', instanceId: action.instanceId }, effects: () => [] };
    case 'moveDns':
      return {
        change: batch(action.to),
        effects: (atMs) => [recorded(atMs, action.weights.seoul ?? 0, action.weights.tokyo ?? 0)],
      };
  }
}

/** A whole cycle at `atMs` that does everything right: look, save, second look, effect, write, settled, report. */
export function acts(atMs: number, action: Action, change?: Change): Evidence[] {
  const { change: own, effects } = changeOf(action);
  const effectMs = atMs + 500;
  return [
    look(atMs),
    saved(atMs + 100, [action]),
    look(atMs + 200),
    ...effects(effectMs),
    write(effectMs, change ?? own, { sentMs: atMs + 400 }),
    saved(atMs + 600, [], {}, [action]),
    cycle(atMs + 700, [action.id]),
  ];
}

/** What the auditor says of this evidence, put in the order of its times. */
export function audit(evidence: readonly Evidence[], policy: Policy = WEB, endMs?: number): Violation[] {
  const auditor = createAuditor([policy]);
  const ordered = [...evidence].sort((a, b) => a.atMs - b.atMs);
  const found = ordered.flatMap((one) => auditor.see(one));
  return endMs === undefined ? found : [...found, ...auditor.finish(endMs)];
}

/** The invariants that this evidence breaks, each once; evidence made by hand has no rounds in between to be apart. */
export function broken(evidence: readonly Evidence[], policy: Policy = WEB, endMs?: number): InvariantName[] {
  const names = audit(evidence, policy, endMs).map(({ invariant }) => invariant);
  return [...new Set(names)].filter((name) => name !== '15-rounds-apart');
}
