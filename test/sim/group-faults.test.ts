import {
  DescribeInstanceRefreshesCommand,
  DescribePoliciesCommand,
  DescribeScheduledActionsCommand,
  SetDesiredCapacityCommand,
} from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import type { World } from '../../lib/sim/world.ts';
import { clients, GROUP, pass, readGroup, readTargets, SEOUL, soon, withCapacity, world } from './worlds.ts';

const asg = (sim: World) => clients(sim).autoScaling(SEOUL);
const setDesired = (sim: World, DesiredCapacity: number) =>
  asg(sim).send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity }));

describe('what else stands in a group’s way', () => {
  test('a launch hook keeps a new instance in Pending:Wait', async () => {
    const sim = world({ servers: 1 });
    sim.apply({ kind: 'launch-hook', service: 'web', site: 'primary', seconds: 60 });
    await soon(sim, setDesired(sim, 2));
    await pass(sim, 100);
    expect((await readGroup(sim)).Instances?.[1]?.LifecycleState).toBe('Pending:Wait');
    await pass(sim, 60);
    expect((await readGroup(sim)).Instances?.[1]?.LifecycleState).toBe('InService');
  });

  test('a termination hook keeps an instance in Terminating:Wait, out of its target group', async () => {
    const sim = world({ servers: 2 });
    sim.apply({ kind: 'terminate-hook', service: 'web', site: 'primary', seconds: 600 });
    await soon(sim, setDesired(sim, 1));
    await pass(sim, 400);
    expect((await readGroup(sim)).Instances?.map((one) => one.LifecycleState)).toEqual([
      'Terminating:Wait',
      'InService',
    ]);
    await pass(sim, 600);
    expect((await readGroup(sim)).Instances?.map((one) => one.LifecycleState)).toEqual(['InService']);
  });

  test('what is launched while AddToLoadBalancer is suspended serves nobody, until a person registers it', async () => {
    const sim = world({ servers: 1 });
    const place = { service: 'web', site: 'primary' } as const;
    sim.apply({ kind: 'suspend', ...place, processes: ['AddToLoadBalancer'] });
    await soon(sim, setDesired(sim, 2));
    await pass(sim, 110);
    sim.apply({ kind: 'suspend', ...place, processes: [] });
    await pass(sim, 60);
    expect((await readGroup(sim)).Instances?.map((one) => one.LifecycleState)).toEqual(['InService', 'InService']);
    expect(Object.values(await readTargets(sim))).toEqual(['healthy']);
    sim.apply({ kind: 'person', edit: 'register-launched', ...place });
    await pass(sim, 30);
    expect(Object.values(await readTargets(sim))).toEqual(['healthy', 'healthy']);
  });

  test('instances may come up broken, as many as the fault says', async () => {
    const sim = world({ servers: 1 }, { policies: [withCapacity(1, 3)] });
    sim.apply({ kind: 'launches-broken', service: 'web', site: 'primary', count: 1, condition: 'errors' });
    await soon(sim, setDesired(sim, 3));
    await pass(sim, 110);
    const states = Object.values(await readTargets(sim)).sort();
    expect(states).toEqual(['healthy', 'healthy', 'unhealthy Target.ResponseCodeMismatch']);
  });

  test('an instance refresh is in progress for its time', async () => {
    const sim = world();
    const read = async (): Promise<(string | undefined)[]> => {
      const command = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: GROUP });
      return ((await soon(sim, asg(sim).send(command))).InstanceRefreshes ?? []).map((refresh) => refresh.Status);
    };
    expect(await read()).toEqual([]);
    sim.apply({ kind: 'refresh', service: 'web', site: 'primary', seconds: 60 });
    expect(await read()).toEqual(['InProgress']);
    await pass(sim, 60);
    expect(await read()).toEqual(['Successful']);
  });

  test('other scalers are listed while they are there', async () => {
    const sim = world();
    for (const scaler of ['policy', 'predictive', 'schedule'] as const) {
      sim.apply({ kind: 'scaler', service: 'web', site: 'primary', scaler, present: true });
    }
    const policies = () => soon(sim, asg(sim).send(new DescribePoliciesCommand({ AutoScalingGroupName: GROUP })));
    const schedules = () => soon(sim, asg(sim).send(new DescribeScheduledActionsCommand({})));
    expect((await policies()).ScalingPolicies?.map((policy) => policy.PolicyType)).toEqual([
      'TargetTrackingScaling',
      'PredictiveScaling',
    ]);
    expect((await schedules()).ScheduledUpdateGroupActions).toHaveLength(1);
    for (const scaler of ['policy', 'predictive', 'schedule'] as const) {
      sim.apply({ kind: 'scaler', service: 'web', site: 'primary', scaler, present: false });
    }
    expect((await policies()).ScalingPolicies).toEqual([]);
    expect((await schedules()).ScheduledUpdateGroupActions).toEqual([]);
  });

  test('a lost zone: its instances are replaced in the other one', async () => {
    const sim = world();
    sim.apply({ kind: 'zone', region: SEOUL, zone: `${SEOUL}a`, lost: true });
    await pass(sim, 20);
    expect(Object.values(await readTargets(sim)).sort()).toEqual(['healthy', 'unhealthy Target.Timeout']);
    await pass(sim, 250);
    const zones = ((await readGroup(sim)).Instances ?? []).map((instance) => instance.AvailabilityZone);
    expect(zones).toEqual([`${SEOUL}c`, `${SEOUL}c`]);
    sim.apply({ kind: 'zone', region: SEOUL, zone: `${SEOUL}a`, lost: false });
    expect(() => sim.apply({ kind: 'zone', region: SEOUL, zone: 'nowhere', lost: true })).toThrow('no zone nowhere');
  });

  test('a person at the console sets a capacity beyond the bounds', async () => {
    const sim = world();
    sim.apply({ kind: 'person', edit: 'capacity', service: 'web', site: 'primary', desired: 4 });
    expect(await readGroup(sim)).toMatchObject({ MaxSize: 4, DesiredCapacity: 4 });
  });
});
