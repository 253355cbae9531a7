/**
 * Each judgement of the newer drills can fail: the controller is driven by another policy, or meets AWS through something
 * that lies to it or for it, so that it does what the drill is there to catch.
 */
import type { DeregisterTargetsCommandInput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, it } from 'vitest';
import { rig } from '../../handlers/rehearsal.ts';
import type { Policy, ServiceState } from '../../lib/core/model.ts';
import type { Rig } from '../../lib/drill/rig.ts';
import type { Caller, SimulatedClients } from '../../lib/sim/world.ts';
import { drill, failures, web } from './rehearse.ts';

const driven =
  (by: Policy): Rig =>
  (caller, shared) =>
    rig(caller, shared, [by]);

/** A caller with other clients. */
const meeting = (clients: (of: SimulatedClients) => Partial<SimulatedClients>): Rig => {
  return (caller, ...rest) => rig({ ...caller, clients: { ...caller.clients, ...clients(caller.clients) } }, ...rest);
};

type Send = (command: { readonly input: object }) => Promise<object>;

/** The same client, its commands sent by `send`, which is given the command and the way to send it. */
function through<Client extends { send: unknown }>(
  client: Client,
  send: (command: { readonly input: object }, on: Send) => Promise<object>,
): Client {
  const on = (client.send as Send).bind(client);
  return Object.assign(Object.create(client) as Client, { send: (command: { input: object }) => send(command, on) });
}

/** Nobody ever hears of anything. */
const silent = meeting(({ sns }) => ({
  sns: (region) => through(sns(region), async () => ({ MessageId: 'never sent' })),
}));

/** No instance refresh is ever seen. */
const blindToDeployments = meeting(({ autoScaling }) => ({
  autoScaling: (region) =>
    through(autoScaling(region), (command, on) =>
      command.constructor.name === 'DescribeInstanceRefreshesCommand'
        ? Promise.resolve({ InstanceRefreshes: [] })
        : on(command),
    ),
}));
/** Whoever is deregistered goes with both of its ports. */
const forgetsPorts = meeting(({ loadBalancing }) => ({
  loadBalancing: (region) =>
    through(loadBalancing(region), (command, on) => {
      const input = command.input as DeregisterTargetsCommandInput;
      if (command.constructor.name === 'DeregisterTargetsCommand')
        input.Targets = (input.Targets ?? []).flatMap(({ Id }) => [80, 8080].map((Port) => ({ Id, Port })));
      return on(command);
    }),
}));

/** Orders are answered, and never reach anybody. */
const deafToOrders: Rig = (...args) => ({
  ...rig(...args),
  operate: async () => ({ trigger: { kind: 'order', services: [] }, services: [], problems: [] }),
});

/** Relapses are not remembered. */
const forgetsRelapses: Rig = (caller, shared, deployed) => {
  const fresh = (state: ServiceState): ServiceState => ({ ...state, failover: { ...state.failover, relapses: 0 } });
  const load: typeof shared.state.load = async (services) => {
    const loaded = await shared.state.load(services);
    return { ...loaded, states: new Map([...loaded.states].map(([name, state]) => [name, fresh(state)])) };
  };
  return rig(caller, { ...shared, state: { ...shared.state, load } }, deployed);
};

/** A process whose clock stands still while it is frozen. */
const timeless: Rig = (caller, shared, deployed) => {
  let lastMs = Number.POSITIVE_INFINITY;
  let lagMs = 0;
  const clock: Caller['clock'] = {
    ...caller.clock,
    nowMs() {
      const nowMs = caller.clock.nowMs();
      if (nowMs - lastMs > 20_000) lagMs += nowMs - lastMs;
      lastMs = nowMs;
      return nowMs - lagMs;
    },
  };
  const functions = rig({ ...caller, clock }, shared, deployed);
  const onTick: typeof functions.onTick = (...args) => {
    lastMs = caller.clock.nowMs();
    lagMs = 0;
    return functions.onTick(...args);
  };
  return { ...functions, onTick };
};

/** A file that cannot be read is passed over without a word. */
const passesOver: Rig = (caller, shared, deployed) =>
  rig(
    caller,
    shared,
    typeof deployed === 'function' ? async () => ({ ...(await deployed()), problems: [] }) : deployed,
  );

const ten = { 'max: 2': 'max: 10' };
const late = { 'unhealthy: 2, healthy: 2 }': 'unhealthy: 5, healthy: 2 }' };

describe('a drill fails, and says so, when', () => {
  it.each([
    [
      'small-standby',
      'the standby is not raised',
      driven(web({ ...ten, ' autoScalingGroup: exercise-standby-group,': '' })),
      'it never came to this: the standby was raised',
    ],
    [
      'small-standby',
      'it waits for the standby',
      driven(web({ ...ten, 'rounds: 2, missingRounds': 'rounds: 30, missingRounds' })),
      'the change was accepted after',
    ],
    [
      'small-standby',
      'it moves as if the standby were ready',
      driven(web({ ...ten, 'minReadyPercent: 50': 'minReadyPercent: 5' })),
      'the record moves because of TRIP; with 1 of 10 servers ready STANDBY_SMALL is right',
    ],
    ['relapse', 'the wait does not double', forgetsRelapses, 'the second way back came'],
    ['foreign-dns', 'the release is not heard', deafToOrders, 'taken for the service'],
    ['foreign-dns', 'nobody is told', silent, 'told 0 times that somebody else set the weights'],
    [
      'foreign-dns',
      'the next outage is answered too late',
      driven(web({ 'rounds: 2, missingRounds': 'rounds: 20, missingRounds' })),
      'later than the 24 s that the numbers promise',
    ],
    ['dns-throttled', 'nobody is told', silent, 'told 0 times that the primary is to be left and cannot be (TRIP)'],
    ['dns-down', 'nobody is told', silent, 'told 0 times that the primary is to be left and cannot be (TRIP)'],
    [
      'dns-throttled',
      'it tries again too late',
      driven(web({ 'rounds: 2, missingRounds': 'rounds: 40, missingRounds' })),
      'the change was accepted after',
    ],
    [
      'dns-down',
      'the primary does not try to heal',
      driven(web({ 'onUnhealthy: replace': 'onUnhealthy: deregister' })),
      'while the record could not be moved no server was replaced, and so the primary could not heal',
    ],
    [
      'zone-lost',
      'the servers are left in',
      driven(web({ 'max: 2': 'max: 6', ...late })),
      'the change was accepted after',
    ],
    [
      'zone-lost',
      'the record moves',
      driven(
        web({
          'max: 2': 'max: 6',
          'minReadyPercent: 50': 'minReadyPercent: 10',
          'healthyPercentBelow: 50': 'healthyPercentBelow: 60',
        }),
      ),
      'half of the servers were left, and the record moved',
    ],
    ['one-a-minute', 'the budget is overspent', null, 'replaced in any five minutes: at most 3 servers; allowed: 2'],
    ['two-ports', 'the other port is forgotten', forgetsPorts, 'was touched'],
    [
      'deployment-one-fails',
      'it acts all the same',
      blindToDeployments,
      'while the deployment ran this was done: deregisterTarget',
    ],
    [
      'deployment-all-fail',
      'it goes back all the same',
      blindToDeployments,
      'the way back did not wait for the deployment',
    ],
    ['group-empties', 'nobody is told', silent, 'told 0 times that the target group is empty'],
    ['frozen-function', 'it acts when it wakes', timeless, 'was carried out'],
    [
      'denied-midway',
      'nothing is taken out',
      driven(web({ 'minHealthy: 1': 'minHealthy: 2' })),
      'the target was never taken out, so the replacement was not asked for',
    ],
    ['denied-midway', 'nobody is told', silent, 'told 0 times that the replacement was denied'],
    ['policy-corrupted', 'nothing stands in', passesOver, 'did not say that the last good policy goes on'],
  ] as const)('%s: %s', async (name, _, by, words) => {
    const judgedBy = by === null ? web({ 'replacedPer5Minutes: 3': 'replacedPer5Minutes: 2' }) : web();
    // Half of the freezes end before the next tick, so that there is something to wake up to.
    const result = await drill(name, judgedBy, {
      rig: by ?? driven(web(ten)),
      seed: name === 'frozen-function' ? 2 : 1,
    });
    expect(result.verdict).toBe('fail');
    expect(failures(result).join('\n')).toContain(words);
  });
});

it('a process that wakes late and does not know it breaks the gate’s own invariant', async () => {
  const { violations } = await drill('frozen-function', web(), { rig: timeless, seed: 2 });
  expect(violations.map(({ invariant }) => invariant)).toContain('1-gate');
});
