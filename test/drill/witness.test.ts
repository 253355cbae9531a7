import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../lib/core/invariants-evidence.ts';
import { createReader } from '../../lib/drill/changes.ts';
import { watchWorld } from '../../lib/drill/witness.ts';
import type { Fault } from '../../lib/sim/faults.ts';
import { createWorld } from '../../lib/sim/world.ts';
import { policyOf, web } from './rehearse.ts';

const settle = (): Promise<void> => new Promise((done) => setImmediate(done));
const policies = [web(), policyOf('api.yml')];
const SEOUL = 'ap-northeast-2';

/** What is shown of a fault, of others each 100 seconds after the last, and of the minutes after it; seconds from the first. */
async function shown(fault: Fault, ...then: readonly Fault[]): Promise<(Evidence & { readonly seconds: number })[]> {
  const world = createWorld({ policies, seed: 1, settle, options: { ports: [80, 81] } });
  const seen: Evidence[] = [];
  watchWorld(world, policies, createReader(world, policies), (evidence) => seen.push(evidence));
  const start = seen.length;
  world.apply(fault);
  for (const [i, next] of then.entries()) world.schedule(world.startMs + (i + 1) * 100_000, next);
  await world.run(world.startMs + Math.max(300_000, (then.length + 1) * 100_000));
  return seen.slice(start).map((one) => ({ ...one, seconds: (one.atMs - world.startMs) / 1000 }));
}

type Kind = Evidence['kind'];
/** Evidence kinds share shapes (`recorded` and `served`): a kind selects the shapes that may have it. */
type Shown<K extends Kind> = Evidence & { readonly kind: K; readonly seconds: number };

/** Those of one kind. */
function of<K extends Kind>(evidence: readonly Evidence[], kind: K): Shown<K>[] {
  return evidence.filter((one) => one.kind === kind) as Shown<K>[];
}

describe('what the auditor is shown', () => {
  it('begins with everything as it is', () => {
    const world = createWorld({ policies, seed: 1, settle });
    const seen: Evidence[] = [];
    watchWorld(world, policies, createReader(world, policies), (evidence) => seen.push(evidence));
    const kinds = (service: string) =>
      seen.filter((one) => 'service' in one && one.service === service).map(({ kind }) => kind);
    expect(kinds('web').sort()).toEqual([
      ...['group', 'group', 'instance', 'instance', 'instance', 'reach', 'reach', 'recorded', 'served'],
      ...['target', 'target', 'target'],
    ]);
    expect(new Set(kinds('api'))).toEqual(new Set(['instance', 'target', 'reach']));
  });

  it('a lost region can neither be read nor does it answer, until it is back', async () => {
    const lose = { kind: 'region', region: SEOUL } as const;
    const evidence = await shown({ ...lose, lost: true }, { ...lose, lost: false });
    const reach = of(evidence, 'reach').filter(({ site, service }) => site === 'primary' && service === 'web');
    expect(reach[0]).toMatchObject({ seconds: 0, readable: false, answering: false });
    expect(reach.at(-1)).toMatchObject({ readable: true, answering: true });
    expect(reach.at(-1)?.seconds).toBeGreaterThanOrEqual(100);
  });

  it('targets cannot be read while their API fails, to the moment at which it ends', async () => {
    const evidence = await shown({ kind: 'api', how: 'denied', api: 'elbv2', region: SEOUL, forSeconds: 37 });
    const reach = of(evidence, 'reach').filter(({ service }) => service === 'web');
    expect(reach.map(({ seconds, readable, site }) => [seconds, readable, site])).toEqual([
      [0, false, 'primary'],
      [37, true, 'primary'],
    ]);
    expect(of(evidence, 'trouble')).toMatchObject([{ with: 'readings' }]);
  });

  it.each([
    ['stale', { kind: 'api', how: 'stale', forSeconds: 10 }],
    ['readings', { kind: 'api', how: 'slow', api: 'dynamodb', slowMs: 300, forSeconds: 10 }],
    ['readings', { kind: 'api', how: 'throttled', api: 'cloudwatch', forSeconds: 10 }],
    ['readings', { kind: 'api', how: 'server-error', operation: 'SetDesiredCapacity', forSeconds: 10 }],
    ['readings', { kind: 'api', how: 'timeout-after-effect', api: 'route53', forSeconds: 10 }],
    ['functions', { kind: 'events', function: 'onTick', how: 'dropped', seconds: 5, forSeconds: 10 }],
    ['functions', { kind: 'pause', function: 'onTick', seconds: 15 }],
    ['functions', { kind: 'crash', function: 'onTick' }],
    ['record', { kind: 'person', edit: 'weights', service: 'web', weights: { seoul: 0, tokyo: 100 } }],
    ['world', { kind: 'person', edit: 'capacity', service: 'web', site: 'primary', desired: 2 }],
    [
      'world',
      {
        kind: 'flapping',
        service: 'web',
        site: 'primary',
        which: 0,
        condition: 'errors',
        downSeconds: 5,
        upSeconds: 5,
        forSeconds: 10,
      },
    ],
    ['world', { kind: 'metrics', service: 'web', how: 'dark' }],
  ] as [string, Fault][])('trouble with %s, but no loss of sight, for %o', async (part, fault) => {
    const evidence = await shown(fault);
    expect(of(evidence, 'trouble')[0]).toMatchObject({ with: part, seconds: 0 });
    expect(of(evidence, 'reach').every(({ readable }) => readable)).toBe(true);
  });

  it('a deployment from its beginning to its end, at the primary only', async () => {
    const refresh = { kind: 'refresh', service: 'web', seconds: 50 } as const;
    expect(of(await shown({ ...refresh, site: 'primary' }), 'deployment')).toMatchObject([
      { seconds: 0, active: true },
      { seconds: 50, active: false },
    ]);
    expect(of(await shown({ ...refresh, site: 'secondary' }), 'deployment')).toEqual([]);
  });

  it('another scaler, at the primary only, as long as one is left', async () => {
    const scaler = { kind: 'scaler', service: 'web', site: 'primary' } as const;
    const evidence = await shown(
      { ...scaler, scaler: 'policy', present: true },
      ...[
        { ...scaler, scaler: 'predictive', present: true } as const,
        { ...scaler, scaler: 'policy', present: false } as const,
        { ...scaler, scaler: 'predictive', present: false } as const,
      ],
    );
    expect(of(evidence, 'scaler').map(({ seconds, active }) => [seconds, active])).toEqual([
      ...[[0, true]],
      ...[[300, false]],
    ]);
    expect(of(await shown({ ...scaler, scaler: 'policy', site: 'secondary', present: true }), 'scaler')).toEqual([]);
  });

  it('a process without which nothing is replaced, at the primary only, as long as one is suspended', async () => {
    const suspend = { kind: 'suspend', service: 'web', site: 'primary' } as const;
    const evidence = await shown(
      { ...suspend, processes: ['AlarmNotification'] },
      ...[
        { ...suspend, processes: ['AddToLoadBalancer'] },
        { ...suspend, processes: ['Launch'] },
        { ...suspend, processes: ['AZRebalance'] },
      ],
    );
    expect(of(evidence, 'suspended').map(({ seconds, active }) => [seconds, active])).toEqual([
      ...[[100, true]],
      ...[[300, false]],
    ]);
    expect(of(await shown({ ...suspend, site: 'secondary', processes: ['Launch'] }), 'suspended')).toEqual([]);
  });

  it('no other scaler whose process is suspended (seed 81632)', async () => {
    const scaler = { kind: 'scaler', service: 'web', site: 'primary', present: true } as const;
    const suspend = { kind: 'suspend', service: 'web', site: 'primary' } as const;
    const active = async (one: 'policy' | 'schedule' | 'predictive', process: string) =>
      of(
        await shown(
          { ...suspend, processes: [process] },
          { ...scaler, scaler: one },
          { ...suspend, site: 'secondary', processes: [] },
          { ...suspend, processes: [] },
          { ...suspend, processes: [process] },
        ),
        'scaler',
      ).map(({ seconds, active }) => [seconds, active]);
    const idle = [...[[300, true]], ...[[400, false]]];
    expect(await active('policy', 'AlarmNotification')).toEqual(idle);
    expect(await active('schedule', 'ScheduledActions')).toEqual(idle);
    expect(await active('policy', 'ScheduledActions')).toEqual([[100, true]]);
    expect(await active('predictive', 'AlarmNotification')).toEqual([[100, true]]);
  });

  it('the record as it is written, and as it is answered later', async () => {
    const evidence = await shown({
      kind: 'person',
      edit: 'weights',
      service: 'web',
      weights: { seoul: 0, tokyo: 100 },
    });
    expect(of(evidence, 'recorded')).toMatchObject([{ service: 'web', weights: { seoul: 0, tokyo: 100 }, seconds: 0 }]);
    expect(of(evidence, 'served')[0]?.seconds).toBeGreaterThan(10);
  });

  it('every port of a server that stops', async () => {
    const evidence = await shown({ kind: 'server', service: 'web', site: 'primary', which: 0, condition: 'refuses' });
    expect(
      of(evidence, 'target')
        .map(({ key, state }) => [key.slice(-3), state])
        .sort(),
    ).toEqual([
      [':80', 'unhealthy'],
      [':81', 'unhealthy'],
    ]);
  });
});
