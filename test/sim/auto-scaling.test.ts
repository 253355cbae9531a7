import {
  AutoScalingClient,
  AutoScalingServiceException,
  DescribeAutoScalingGroupsCommand,
  paginateDescribeAutoScalingGroups,
  ScalingActivityInProgressFault,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../lib/core/model.ts';
import type { World } from '../../lib/sim/world.ts';
import {
  clients,
  events,
  failure,
  GROUP,
  pass,
  readGroup,
  readTargets,
  SEOUL,
  secondsTo,
  soon,
  TOKYO,
  WEB,
  withCapacity,
  world,
} from './worlds.ts';

const asg = (sim: World) => clients(sim).autoScaling(SEOUL);
const setDesired = (sim: World, DesiredCapacity: number, HonorCooldown?: boolean) =>
  asg(sim).send(
    new SetDesiredCapacityCommand({
      AutoScalingGroupName: GROUP,
      DesiredCapacity,
      ...(HonorCooldown === undefined ? {} : { HonorCooldown }),
    }),
  );
const ids = async (sim: World): Promise<(string | undefined)[]> =>
  ((await readGroup(sim)).Instances ?? []).map((instance) => instance.InstanceId);

describe('an Auto Scaling group', () => {
  test('stands as the policy describes it, its standby in the other region', async () => {
    const sim = world();
    const [primary, standby] = [await readGroup(sim), await readGroup(sim, TOKYO)];
    expect(primary).toMatchObject({ MinSize: 1, MaxSize: 2, DesiredCapacity: 2, HealthCheckType: 'EC2' });
    expect(primary.Instances?.map((instance) => instance.AvailabilityZone)).toEqual([`${SEOUL}a`, `${SEOUL}c`]);
    expect(standby).toMatchObject({ MinSize: 0, MaxSize: 2, DesiredCapacity: 1 });
    expect(primary.TargetGroupARNs).toEqual([sim.place('web', 'primary').targetGroupArn]);
  });

  test('is read page by page by the SDK', async () => {
    const policies = ['a', 'b', 'c'].map(
      (name): Policy => ({
        ...WEB,
        service: name,
        fleet: { autoScalingGroup: `group-${name}`, capacity: { min: 1, max: 2 } },
        failover: undefined,
        health: undefined,
      }),
    );
    const sim = world({}, { policies });
    const read = async (): Promise<(string | undefined)[][]> => {
      const pages: (string | undefined)[][] = [];
      for await (const page of paginateDescribeAutoScalingGroups({ client: asg(sim), pageSize: 2 }, {})) {
        pages.push((page.AutoScalingGroups ?? []).map((group) => group.AutoScalingGroupName));
      }
      return pages;
    };
    expect(asg(sim)).toBeInstanceOf(AutoScalingClient);
    expect(await soon(sim, read())).toEqual([['group-a', 'group-b'], ['group-c']]);
  });

  test('leaves out names that do not exist, and refuses more names than the page takes', async () => {
    const sim = world();
    const some = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['nobody', GROUP] });
    expect((await soon(sim, asg(sim).send(some))).AutoScalingGroups).toHaveLength(1);
    const many = Array.from({ length: 60 }, (_, index) => `group-${index}`);
    const refused = await failure(
      sim,
      asg(sim).send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: many })),
    );
    expect(refused.name).toBe('ValidationError');
    const wide = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: many, MaxRecords: 100 });
    expect((await soon(sim, asg(sim).send(wide))).AutoScalingGroups).toEqual([]);
    const tooWide = new DescribeAutoScalingGroupsCommand({ MaxRecords: 101 });
    expect((await failure(sim, asg(sim).send(tooWide))).message).toContain('less than or equal to 100');
  });

  test('refuses a capacity outside its bounds in AWS’s words', async () => {
    const sim = world();
    const above = await failure(sim, setDesired(sim, 3));
    expect(above).toBeInstanceOf(AutoScalingServiceException);
    expect(above).toMatchObject({ name: 'ValidationError', $fault: 'client', $metadata: { httpStatusCode: 400 } });
    expect(above.message).toBe('New SetDesiredCapacity value 3 is above max value 2 for the AutoScalingGroup.');
    expect((await failure(sim, setDesired(sim, 0))).message).toContain('is below min value 1');
    const stranger = new SetDesiredCapacityCommand({ AutoScalingGroupName: 'nobody', DesiredCapacity: 1 });
    expect((await failure(sim, asg(sim).send(stranger))).message).toContain('AutoScalingGroup name not found');
  });

  test('launches an instance that is in service after its boot, and healthy with its first check', async () => {
    const sim = world({ servers: 1 });
    await soon(sim, setDesired(sim, 2));
    const setMs = events(sim, 'group')[0]?.atMs ?? 0;
    expect((await readGroup(sim)).Instances?.map((instance) => instance.LifecycleState)).toEqual([
      'InService',
      'Pending',
    ]);
    await pass(sim, 100);
    expect(secondsTo(sim, setMs, 'instance', (event) => event.to === 'InService')).toBeGreaterThan(90);
    expect(secondsTo(sim, setMs, 'instance', (event) => event.to === 'InService')).toBeLessThanOrEqual(91);
    expect(secondsTo(sim, setMs, 'target', (event) => event.to === 'healthy')).toBeLessThanOrEqual(96);
    expect(Object.values(await readTargets(sim))).toEqual(['healthy', 'healthy']);
  });

  test('spreads instances over zones, and scales in the oldest of the fullest zone', async () => {
    const sim = world({ servers: 3 }, { policies: [withCapacity(1, 4)] });
    const [first, second, third] = await ids(sim);
    await soon(sim, setDesired(sim, 4));
    const zones = ((await readGroup(sim)).Instances ?? []).map((instance) => instance.AvailabilityZone?.at(-1));
    expect(zones).toEqual(['a', 'c', 'a', 'c']);
    await pass(sim, 100);
    await soon(sim, setDesired(sim, 3));
    await pass(sim, 60);
    expect(await ids(sim)).toEqual([second, third, expect.any(String)]);
    expect(await ids(sim)).not.toContain(first);
  });

  test('never scales in a protected instance', async () => {
    const sim = world();
    sim.apply({ kind: 'protection', service: 'web', site: 'primary', which: 'all', on: true });
    await soon(sim, setDesired(sim, 1));
    await pass(sim, 60);
    expect((await readGroup(sim)).Instances).toHaveLength(2);
    sim.apply({ kind: 'protection', service: 'web', site: 'primary', which: 1, on: false });
    sim.apply({ kind: 'suspend', service: 'web', site: 'primary', processes: [] });
    await pass(sim, 60);
    expect((await readGroup(sim)).Instances).toHaveLength(1);
  });

  test('a terminated instance drains first, then is gone', async () => {
    const sim = world();
    const [oldest] = await ids(sim);
    await soon(sim, setDesired(sim, 1));
    expect((await readTargets(sim))[`${oldest}:80`]).toBe('draining Target.DeregistrationInProgress');
    expect((await readGroup(sim)).Instances?.[0]?.LifecycleState).toBe('Terminating');
    await pass(sim, 45);
    expect((await readGroup(sim)).Instances).toHaveLength(1);
    expect(Object.keys(await readTargets(sim))).toHaveLength(1);
  });

  test('honours the cooldown only when asked to', async () => {
    const sim = world();
    await soon(sim, setDesired(sim, 1));
    expect(await failure(sim, setDesired(sim, 2, true))).toBeInstanceOf(ScalingActivityInProgressFault);
    await soon(sim, setDesired(sim, 2));
    await pass(sim, 301);
    await soon(sim, setDesired(sim, 1, true));
  });

  test('moves its bounds, and its capacity with them', async () => {
    const sim = world();
    const update = (sizes: object) =>
      asg(sim).send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: GROUP, ...sizes }));
    await soon(sim, update({ MinSize: 0, DesiredCapacity: 0 }));
    expect(await readGroup(sim)).toMatchObject({ MinSize: 0, MaxSize: 2, DesiredCapacity: 0 });
    await soon(sim, update({ MinSize: 1 }));
    expect(await readGroup(sim)).toMatchObject({ MinSize: 1, DesiredCapacity: 1 });
    const outside = await failure(sim, update({ DesiredCapacity: 5 }));
    expect(outside.message).toBe('Desired capacity:5 must be between the specified min size:1 and max size:2');
    expect((await failure(sim, update({ MinSize: 3 }))).message).toContain(
      'must be greater than or equal to min bound, 3',
    );
  });
});

describe('replacing', () => {
  const mark = (sim: World, InstanceId: string, ShouldRespectGracePeriod?: boolean) =>
    asg(sim).send(
      new SetInstanceHealthCommand({
        InstanceId,
        HealthStatus: 'Unhealthy',
        ...(ShouldRespectGracePeriod === undefined ? {} : { ShouldRespectGracePeriod }),
      }),
    );

  test('an instance marked unhealthy is terminated, and another launched while it terminates', async () => {
    const sim = world();
    const [first] = await ids(sim);
    await soon(sim, mark(sim, first ?? '', false));
    const states = ((await readGroup(sim)).Instances ?? []).map((instance) => instance.LifecycleState);
    expect(states).toEqual(['Terminating', 'InService', 'Pending']);
    await pass(sim, 100);
    expect(await ids(sim)).toHaveLength(2);
    expect(await ids(sim)).not.toContain(first);
    expect(events(sim, 'instance')[0]).toMatchObject({ id: first, to: 'Terminating', why: 'unhealthy' });
  });

  test('leaves a young instance alone unless told not to respect the grace period', async () => {
    const sim = world({ servers: 1 });
    await soon(sim, setDesired(sim, 2));
    await pass(sim, 100);
    const young = (await ids(sim))[1] ?? '';
    await soon(sim, mark(sim, young));
    await pass(sim, 5);
    expect(await ids(sim)).toContain(young);
    await soon(sim, mark(sim, young, false));
    await pass(sim, 60);
    expect(await ids(sim)).not.toContain(young);
  });

  test('does not happen while ReplaceUnhealthy is suspended', async () => {
    const sim = world();
    sim.apply({ kind: 'suspend', service: 'web', site: 'primary', processes: ['ReplaceUnhealthy'] });
    const [first] = await ids(sim);
    await soon(sim, mark(sim, first ?? '', false));
    await pass(sim, 60);
    const group = await readGroup(sim);
    expect(group.SuspendedProcesses).toMatchObject([{ ProcessName: 'ReplaceUnhealthy' }]);
    expect(group.Instances?.[0]).toMatchObject({
      InstanceId: first,
      HealthStatus: 'Unhealthy',
      LifecycleState: 'InService',
    });
  });

  test('says so when no group manages the instance', async () => {
    const sim = world();
    const error = await failure(sim, mark(sim, 'i-00000000000000000'));
    expect(error).toMatchObject({ name: 'ValidationError' });
    expect(error.message).toContain('No managed instance found');
  });

  test('comes by itself for a broken machine, after a while, and not for a server that only fails its checks', async () => {
    const sim = world();
    const [first] = await ids(sim);
    sim.apply({ kind: 'server', service: 'web', site: 'primary', which: 1, condition: 'refuses' });
    sim.apply({ kind: 'instance-dies', service: 'web', site: 'primary', which: 0 });
    await pass(sim, 50);
    expect((await readTargets(sim))[`${first}:80`]).toBe('unhealthy Target.Timeout');
    expect(await ids(sim)).toContain(first);
    await pass(sim, 200);
    const now = await ids(sim);
    expect(now).not.toContain(first);
    expect(now).toHaveLength(2);
    expect(events(sim, 'instance').filter((event) => event.why === 'died')).toHaveLength(1);
  });
});
