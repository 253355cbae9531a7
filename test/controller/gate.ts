/** Actions on the lab's service, and the gate they go through. */
import { act, type Fence } from '../../lib/controller/act.ts';
import type { Action, FleetView, Outcome, Policy, ServiceState, TargetState } from '../../lib/core/model.ts';
import { dnsOf, fleetOf, groupIn, instance, stateOf } from '../core/builders.ts';
import { type Lab, lab, SEOUL, TOKYO, WEB } from './lab.ts';

const base = { id: 'web:2:1', region: SEOUL, reason: 'SCALE_OUT' } as const;
const TARGET = { key: 'i-1:80', id: 'i-1', port: 80 };
export const OUT: Action = { ...base, kind: 'setCapacity', site: 'primary', group: 'exercise-group', from: 2, to: 3 };
export const IN: Action = { ...OUT, to: 1 };
export const RAISE: Action = {
  ...base,
  region: TOKYO,
  kind: 'setCapacity',
  site: 'secondary',
  group: 'exercise-standby-group',
  from: 1,
  to: 2,
};
export const RETURN: Action = { ...RAISE, from: 1, to: 0 };
export const PARK: Action = {
  ...base,
  kind: 'parkFleet',
  group: 'exercise-group',
  from: { minSize: 1, desired: 2 },
  to: { minSize: 0, desired: 0 },
};
export const UNPARK: Action = { ...PARK, kind: 'unparkFleet' };
export const EJECT: Action = {
  ...base,
  kind: 'deregisterTarget',
  targetGroup: 'exercise-target-group',
  target: TARGET,
  replace: true,
};
export const READMIT: Action = {
  ...base,
  kind: 'registerTarget',
  targetGroup: 'exercise-target-group',
  target: TARGET,
};
export const REPLACE: Action & { kind: 'replaceInstance' } = {
  ...base,
  kind: 'replaceInstance',
  group: 'exercise-group',
  instanceId: 'i-1',
  after: null,
};
export const RECORD = dnsOf(100, 0);
export const MOVE: Action = {
  ...base,
  kind: 'moveDns',
  hostedZoneId: 'Z',
  name: 'www.example.com',
  to: 'secondary',
  cause: 'trip',
  sets: RECORD.sets,
  weights: { seoul: 0, tokyo: 100 },
};
export const FAILBACK: Action = { ...MOVE, cause: 'failback' };

export function world(): Lab {
  const one = lab();
  one.out.records.set('www.example.com', RECORD);
  return one;
}

/** A state as the table has it when nobody ever saved one. */
export const NEVER_SAVED = stateOf({ version: 0 });

interface Given {
  readonly policy?: Policy;
  readonly state?: ServiceState;
  readonly fence?: Fence;
}

export function run(
  one: Lab,
  actions: readonly Action[],
  { policy = WEB, state = NEVER_SAVED, fence = { epoch: null, drill: null } }: Given = {},
): Promise<Outcome[]> {
  return one.until(act(one.process().ports, policy, state, actions, fence, one.clock.nowMs()));
}
export const why = (outcome: Outcome | undefined): string =>
  outcome?.result === 'refused'
    ? [outcome.why, outcome.detail].filter(Boolean).join(': ')
    : (outcome?.result ?? 'none');
export const setTargets = (one: Lab, ...states: TargetState[]) =>
  one.out.groups.set('exercise-target-group', groupIn(...states));
export const setFleet = (one: Lab, view: FleetView) => one.out.fleets.set(view.name, view);
export const fleetWith = (changes: Partial<ReturnType<typeof instance>>): FleetView =>
  fleetOf(2, { instances: [instance('i-1', changes), instance('i-2')] });
