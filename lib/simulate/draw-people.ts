/** What people do: edits at the console, and orders to the controller. */
import { LONGEST_DRILL_SECONDS } from '../core/live-drill.ts';
import type { LiveRequest } from '../events/drill-request.ts';
import type { Order } from '../events/order.ts';
import type { Chance } from './chance.ts';
import { type Drawn, type Ground, somePlace } from './ground.ts';

const person = (what: Extract<Drawn['what'], { kind: 'person' }>, end?: Drawn['end']): Drawn => ({ what, end });

/** An edit by a person who takes no notice of the controller. */
export function drawPerson(chance: Chance, ground: Ground): Drawn {
  const { policy, service, site } = somePlace(chance, ground);
  const place = { kind: 'person' as const, service, site };
  const servers = ground.servers[service] ?? 1;
  const { failover, fleet } = policy;
  const capacity = fleet?.capacity ?? { min: 0, max: servers };
  const draws: (readonly [number, () => Drawn])[] = [
    [3, () => person({ ...place, edit: 'capacity', desired: chance.int(0, servers + 3) })],
    [2, () => person({ ...place, edit: 'deregister', which: chance.int(0, servers - 1) })],
    [1, () => person({ ...place, edit: 'deregister', which: 'all' })],
    [
      2,
      () => {
        // Also beyond what the policy allows: then no capacity fits.
        const minSize = chance.maybe(0.3) ? Math.min(capacity.max, 60) + 1 : chance.int(0, servers + 1);
        const maxSize = minSize + chance.small(0, 5);
        const back = { ...place, edit: 'bounds' as const, minSize: capacity.min, maxSize: capacity.max };
        return person({ ...place, edit: 'bounds', minSize, maxSize }, back);
      },
    ],
    [1, () => person({ ...place, edit: 'operator', on: true }, { ...place, edit: 'operator', on: false })],
  ];
  if (failover !== undefined) {
    const weights = chance.pick([
      { here: 0, there: 100 },
      { here: 100, there: 0 },
      { here: 50, there: 50 },
      { here: 0, there: 0 },
      { here: chance.int(0, 255), there: chance.int(0, 255) },
    ]);
    draws.push([4, () => person({ kind: 'person', edit: 'weights', service, weights })]);
    const how = chance.pick(['third-set', 'ttl', 'remove-primary', 'remove-secondary'] as const);
    const edit = { kind: 'person' as const, edit: 'record' as const, service };
    draws.push([2, () => person({ ...edit, how }, how === 'ttl' ? undefined : { ...edit, how: 'restore' })]);
  }
  return chance.weighted(draws)();
}

const order = (one: Order, end?: Order): Drawn => ({
  what: { kind: 'order', order: one },
  end: end === undefined ? undefined : { kind: 'order', order: end },
});

/** A live drill of a service that may be at rest, with servers to spare and, if its site is to fail, somewhere to go. */
export function drawDrill(chance: Chance, ground: Ground): Drawn {
  const spare = ground.policies.filter(({ service, mode }) => mode === 'enforce' && (ground.servers[service] ?? 0) > 1);
  const movable = spare.filter(({ health, failover }) => health !== undefined && failover !== undefined);
  const scenario = movable.length > 0 && chance.maybe(0.7) ? 'targets-fail' : 'server-stops';
  const some = [movable, spare, ground.policies].find((list) => list.length > 0) as typeof spare;
  const { service } = chance.pick(scenario === 'server-stops' && spare.length > 0 ? spare : some);
  const request: LiveRequest = {
    ...{ mode: 'live', scenario, service, confirm: service, expiresInSeconds: chance.int(60, LONGEST_DRILL_SECONDS) },
    abortWhen: chance.maybe(0.1) ? [`evenkeel-${service}-cpu-high`] : [],
  };
  return { what: { kind: 'drill', request }, ...(chance.maybe(0.7) ? { withinSeconds: 300 } : {}) };
}

/** An order by hand. */
export function drawOrder(chance: Chance, ground: Ground): Drawn {
  const { policy, service } = somePlace(chance, ground);
  const expect = chance.maybe(0.2)
    ? { expect: chance.pick(['primary', 'failingOver', 'secondary', 'failingBack'] as const) }
    : {};
  const release: Order = { order: 'release', service };
  const max = policy.fleet?.capacity.max ?? 1;
  const draws: (readonly [number, () => Drawn])[] = [
    [1, () => order({ order: 'status' })],
    [2, () => order({ order: 'hold', service, ...expect }, release)],
    [2, () => order({ order: 'release', ...(chance.maybe(0.7) ? { service } : {}), ...expect })],
    [1, () => order({ order: 'freeze' }, { order: 'unfreeze' })],
    [2, () => order({ order: 'capacity', service, capacity: 0 }, release)],
    [
      3,
      () => {
        const capacity = chance.int(1, Math.min(max, (ground.servers[service] ?? 1) + 3));
        return order({ order: 'capacity', service, capacity, expiresInSeconds: chance.small(1, 1200), ...expect });
      },
    ],
    [policy.failover === undefined ? 0 : 4, () => order({ order: 'failover', service, ...expect })],
    [policy.failover === undefined ? 0 : 3, () => order({ order: 'failback', service, ...expect })],
  ];
  return chance.weighted(draws)();
}
