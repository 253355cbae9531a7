/** What people do: edits at the console, and orders to the controller. */
import { type LiveScenario, LONGEST_DRILL_SECONDS } from '../core/live-drill.ts';
import type { Policy } from '../core/model.ts';
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

/**
 * While its site seems to fail the service cannot leave it, because the record cannot be read, and the site grows: of its
 * servers some are well and others only seem to fail.
 */
function drillOfGrowing(chance: Chance, ground: Ground, { service, fleet }: Policy): Drawn {
  const desired = Math.min(fleet?.capacity.max ?? 1, 3 * (ground.servers[service] ?? 1));
  const forSeconds = chance.int(400, LONGEST_DRILL_SECONDS);
  const request = { ...liveDrill('targets-fail', service), expiresInSeconds: forSeconds };
  const capacity = { kind: 'person' as const, edit: 'capacity' as const, service };
  return {
    // A standby that is too small forbids the drill.
    what: { ...capacity, site: 'secondary', desired: ground.servers[service] ?? 1 },
    withinSeconds: 60,
    sequel: [
      { afterSeconds: 180, what: { kind: 'drill', request } },
      { afterSeconds: 185, what: { kind: 'api', how: 'throttled', api: 'route53', forSeconds } },
      { afterSeconds: 186, what: { ...capacity, site: 'primary', desired } },
    ],
  };
}

const liveDrill = (scenario: LiveScenario, service: string): LiveRequest => ({
  ...{ mode: 'live', scenario, service, confirm: service, expiresInSeconds: LONGEST_DRILL_SECONDS, abortWhen: [] },
});

/** A live drill: most often one that may begin, of a service at rest with servers to spare, and somewhere to go if its site is to fail. */
export function drawDrill(chance: Chance, ground: Ground): Drawn {
  const serversOf = ({ service }: Policy): number => ground.servers[service] ?? 0;
  const checked = ground.policies.filter((one) => one.mode === 'enforce' && one.health !== undefined);
  const spare = checked.filter((one) => serversOf(one) > 1);
  const movable = spare.filter(({ failover }) => failover !== undefined);
  const growing = movable.filter((one) => (one.fleet?.capacity.max ?? 0) >= 2 * serversOf(one));
  if (growing.length > 0 && chance.maybe(0.5)) return drillOfGrowing(chance, ground, chance.pick(growing));
  const moves = movable.length > 0 && chance.maybe(0.5);
  const { service } = chance.pick([moves ? movable : spare, ground.policies].find((list) => list.length > 0) ?? []);
  const request: LiveRequest = {
    ...liveDrill(moves ? 'targets-fail' : 'server-stops', service),
    expiresInSeconds: chance.maybe(0.8) ? chance.int(200, LONGEST_DRILL_SECONDS) : chance.int(1, 200),
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
