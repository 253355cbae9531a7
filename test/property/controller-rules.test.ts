/** What the controller always and never does, whatever the world, the faults and the other writers are. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runRound } from '../../lib/controller/cycle.ts';
import type { ServiceState, TargetState } from '../../lib/core/model.ts';
import type { PortErrorKind } from '../../lib/ports.ts';
import { type Lab, lab, type Process, portError, type Twist, WEB } from '../controller/lab.ts';
import { rounds } from '../controller/running.ts';
import { change, fleetOf, groupIn, policyOf, stateOf, T0 } from '../core/builders.ts';

const ENOUGH = { numRuns: 1000 };
const anyTarget = fc.constantFrom<TargetState[]>('healthy', 'unhealthy', 'unhealthy', 'initial', 'draining');

/** A world in which most cycles act: something fails, is too small, or stands where it should not. */
const anyWorld = fc.record({
  targets: fc.array(anyTarget, { minLength: 1, maxLength: 4 }),
  standby: fc.array(anyTarget, { maxLength: 3 }),
  desired: fc.constantFrom(0, 1, 2, 3),
  load: fc.constantFrom(10, 80, 200),
  order: fc.option(fc.constantFrom<('primary' | 'secondary')[]>('primary', 'secondary'), { nil: undefined }),
});
type World = typeof anyWorld extends fc.Arbitrary<infer W> ? W : never;

/** Every counter stands at its threshold, so that one cycle is enough. */
function ripe(world: World): ServiceState {
  const goodMs = { primary: T0 - 5000, secondary: T0 - 5000 };
  const track = { good: 2, bad: 0, missing: 0, goodSinceMs: T0 - 900_000, lastHealthy: 2 };
  const targets = Object.fromEntries(world.targets.map((_, n) => [`i-${n + 1}:80`, { failing: 1, passing: 0 }]));
  return stateOf({
    version: 0,
    health: { targets },
    failover: {
      primary: { ...track, good: 0, bad: 1 },
      secondary: track,
      weights: { seoul: 100, tokyo: 0 },
      weightsMs: T0 - 900_000,
      primaryDesired: 2,
    },
    orders: world.order === undefined ? {} : { move: { to: world.order, atMs: T0 } },
    pace: { healthMs: T0 - 5000, failoverMs: T0 - 5000, goodMs },
  });
}

async function labIn(world: World): Promise<Lab> {
  const one = lab();
  one.out.groups.set('exercise-target-group', groupIn(...world.targets));
  one.out.groups.set('exercise-standby', groupIn(...world.standby));
  one.out.fleets.set('exercise-group', fleetOf(4, { desired: world.desired }));
  one.out.load = world.load;
  await one.table.save(ripe(world));
  return one;
}

const once = (one: Lab, process: Process, policy = WEB) =>
  one.until(runRound(process.ports, process.memory, [policy], null, T0), 20_000);
const acted = (result: Awaited<ReturnType<typeof once>>): number =>
  result.services.flatMap((s) => s.decisions).filter((d) => d.applied).length;

describe('two writers', () => {
  test('on one version: exactly one acts, the other does nothing and says so', async () => {
    let met = 0;
    await fc.assert(
      fc.asyncProperty(anyWorld, async (world) => {
        const one = await labIn(world);
        const results = await Promise.all([once(one, one.process()), once(one, one.process())]);
        const lost = results.filter((r) => r.problems.some((p) => p.code === 'LOST_RACE'));
        expect(lost).toHaveLength(1);
        for (const result of lost) expect(acted(result)).toBe(0);
        const writes = one.calls.filter((c) =>
          /^(fleet\.set|fleet\.replace|targets\.(de)?register|dns\.move)/.test(c.call),
        );
        expect(new Set(writes.map((w) => JSON.stringify([w.call, w.args]))).size).toBe(writes.length);
        met += writes.length;
      }),
      ENOUGH,
    );
    expect(met).toBeGreaterThan(500);
  });
});

describe('a closed gate', () => {
  const anyLock = fc.constantFrom('observe', 'hold', 'freeze', 'fence', 'late');

  test('lets no write through, and leaves nothing pending', async () => {
    let stopped = 0;
    await fc.assert(
      fc.asyncProperty(anyWorld, anyLock, async (world, lock) => {
        const one = await labIn(world);
        const process = one.process();
        if (lock === 'hold') await one.table.save(change(await one.stateOf('web'), { orders: { hold: { atMs: T0 } } }));
        if (lock === 'freeze') await one.table.setFrozen(true, T0);
        const sleep = (): void => {
          process.sleeper.pausedUntilMs = one.clock.nowMs() + 10_000;
        };
        const take = (): void => void one.table.takeLease('other', one.clock.nowMs(), T0 + 75_000, true);
        if (lock === 'late') one.twists.push({ call: 'state.save', after: sleep });
        if (lock === 'fence') one.twists.push({ call: 'state.save', after: take });
        const result = await once(one, process, lock === 'observe' ? policyOf({ mode: 'observe' }) : WEB);
        await one.clock.run(one.clock.nowMs() + 1000);
        stopped += result.services.flatMap((s) => s.decisions).filter((d) => d.action !== null).length;
        expect(one.writes()).toEqual([]);
        expect((await one.stateOf('web')).pending).toEqual([]);
      }),
      ENOUGH,
    );
    expect(stopped).toBeGreaterThan(500);
  });
});

describe('whatever goes wrong', () => {
  const anyKind = fc.constantFrom<PortErrorKind[]>('Throttled', 'Unavailable', 'Denied', 'Conflict', 'NotFound');
  const CALLS = [
    'fleet.describe',
    'targets.describe',
    'fleet.setCapacity',
    'targets.deregister',
    'fleet.replaceInstance',
    'dns.move',
    'dns.read',
    'state.save',
    'state.loadController',
    'state.charge',
    'notify.publish',
  ];
  const anyTwist: fc.Arbitrary<Twist> = fc
    .record({
      call: fc.constantFrom(...CALLS),
      kind: anyKind,
      afterEffect: fc.boolean(),
      hangs: fc.integer({ min: 0, max: 5 }),
      times: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ kind, hangs, afterEffect, ...rest }) =>
      hangs === 0
        ? { ...rest, hangs: true }
        : // Only a write that timed out may have had its effect all the same: every other kind says that it had none.
          { ...rest, error: portError(kind), afterEffect: afterEffect && kind === 'Unavailable' },
    );

  test('no move is sent twice under one id, no weight is ever all zero, and once it heals nothing stays pending', async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, fc.array(anyTwist, { maxLength: 4 }), async (world, twists) => {
        const one = await labIn(world);
        const process = one.process();
        one.twists.push(...twists.map((t) => ({ ...t })));
        await rounds(one, process, 3);
        one.twists.length = 0;
        one.out.groups.set('exercise-target-group', groupIn('healthy', 'healthy'));
        one.out.load = 80;
        await rounds(one, process, 5);
        const moves = one.calls.filter((c) => c.call === 'dns.move');
        expect(new Set(moves.map((m) => m.args[3])).size).toBe(moves.length);
        const sets = one.out.records.get('www.example.com')?.sets ?? [];
        expect(sets.some((s) => (s.weight ?? 0) > 0)).toBe(true);
        const { pending } = await one.stateOf('web');
        expect(pending.filter((p) => one.clock.nowMs() - p.atMs > 20_000)).toEqual([]);
      }),
      ENOUGH,
    );
  }, 60_000);
});
