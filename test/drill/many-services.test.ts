/** A region that takes many services with it: all of them leave, though Route 53 lets few requests through. */
import type { Route53Client } from '@aws-sdk/client-route-53';
import { expect, test } from 'vitest';
import { rig } from '../../handlers/rehearsal.ts';
import type { Policy } from '../../lib/core/model.ts';
import type { Rig } from '../../lib/drill/rig.ts';
import { createStage } from '../../lib/drill/stage.ts';
import { labPolicy } from '../bench/world.ts';

const SERVICES = 20;
const WARM_UP_MS = 360_000;
const WITHIN_MS = 120_000;

/** The production functions; `refused` hears the name of every error that a Route 53 client answers with. */
function listening(refused: (name: string) => void): Rig {
  const heard = (client: Route53Client): Route53Client => {
    const send = client.send.bind(client) as (command: object) => Promise<object>;
    const told = (command: object): Promise<object> =>
      send(command).catch((error: Error) => {
        refused(error.name);
        throw error;
      });
    return Object.assign(Object.create(client) as Route53Client, { send: told });
  };
  return (caller, shared, policies) => {
    const route53 = heard(caller.clients.route53());
    return rig({ ...caller, clients: { ...caller.clients, route53: () => route53 } }, shared, policies);
  };
}

test.each([1, 2, 3])(
  'the records of twenty services are moved within two minutes, and Route 53 throttles none of the calls: seed %i',
  async (seed) => {
    const policies: Policy[] = Array.from({ length: SERVICES }, (_, n) => labPolicy(n));
    const region = policies[0]?.region ?? '';
    const errors: string[] = [];
    const settle = (): Promise<void> => new Promise((done) => setImmediate(done));
    const { world, violations } = createStage({
      policies,
      seed,
      rig: listening((name) => errors.push(name)),
      settle,
    });
    await world.run(world.startMs + WARM_UP_MS);
    const lostMs = world.clock.nowMs();
    world.apply({ kind: 'region', region, lost: true });
    await world.run(lostMs + WITHIN_MS);
    const weights = policies.map(({ service }) => world.view(service).weights.recorded);
    expect(weights).toEqual(policies.map(() => ({ seoul: 0, tokyo: 100 })));
    expect(errors).toEqual([]);
    expect(violations).toEqual([]);
    const moves = world.history.events.flatMap((e) => (e.kind === 'dns-change' ? [e.atMs - lostMs] : []));
    expect(moves).toHaveLength(SERVICES);
  },
  60_000,
);
