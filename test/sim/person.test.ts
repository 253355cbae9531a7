/** Edits at the console. */
import { UpdateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import type { World } from '../../lib/sim/world.ts';
import { failure, GROUP, pass, SEOUL, world } from './worlds.ts';

const WEB = { kind: 'person', service: 'web' } as const;
const recorded = (sim: World) => sim.view('web').weights.recorded;

describe('a person', () => {
  test('moves the bounds, and desired capacity inside them', () => {
    const sim = world();
    sim.apply({ ...WEB, edit: 'bounds', site: 'primary', minSize: 3, maxSize: 5 });
    expect(sim.view('web').primary.group).toMatchObject({ minSize: 3, maxSize: 5, desired: 3 });
    sim.apply({ ...WEB, edit: 'bounds', site: 'primary', minSize: 0, maxSize: 1 });
    expect(sim.view('web').primary.group).toMatchObject({ minSize: 0, maxSize: 1, desired: 1 });
  });

  test('gives the group an operator, who alone may change it, and takes it away again', async () => {
    const sim = world();
    const update = () =>
      sim
        .as('me')
        .clients.autoScaling(SEOUL)
        .send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: GROUP, MinSize: 1 }));
    sim.apply({ ...WEB, edit: 'operator', site: 'primary', on: true });
    expect((await failure(sim, update())).name).toBe('AccessDenied');
    sim.apply({ ...WEB, edit: 'operator', site: 'primary', on: false });
    const done = update();
    await pass(sim, 2);
    await expect(done).resolves.toBeDefined();
  });

  test('adds a third set to the record, or takes one away; restoring it puts back what was there', () => {
    const sim = world();
    sim.apply({ ...WEB, edit: 'record', how: 'third-set' });
    expect(recorded(sim)).toEqual({ seoul: 100, tokyo: 0, 'somebody-elses': 0 });
    sim.apply({ ...WEB, edit: 'record', how: 'remove-primary' });
    expect(recorded(sim)).toEqual({ tokyo: 0, 'somebody-elses': 0 });
    sim.apply({ ...WEB, edit: 'record', how: 'restore' });
    expect(recorded(sim)).toEqual({ seoul: 100, tokyo: 0 });
    sim.apply({ ...WEB, edit: 'weights', weights: { seoul: 0, tokyo: 100 } });
    sim.apply({ ...WEB, edit: 'record', how: 'remove-secondary' });
    sim.apply({ ...WEB, edit: 'record', how: 'ttl' });
    sim.apply({ ...WEB, edit: 'record', how: 'restore' });
    expect(recorded(sim)).toEqual({ seoul: 100, tokyo: 0 });
  });

  test('mends a machine that is in no group', async () => {
    const policy = { service: 'web', mode: 'enforce', region: SEOUL } as const;
    const sim = world({}, { policies: [policy] });
    sim.apply({ kind: 'instance-dies', service: 'web', site: 'primary', which: 'all' });
    expect(sim.isAnswering('web', 'primary')).toBe(false);
    sim.apply({ kind: 'server', service: 'web', site: 'primary', which: 'all', condition: 'ok' });
    expect(sim.isAnswering('web', 'primary')).toBe(true);
  });
});
