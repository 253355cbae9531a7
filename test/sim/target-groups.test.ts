import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  paginateDescribeTargetGroups,
  TargetGroupNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, test } from 'vitest';
import type { World } from '../../lib/sim/world.ts';
import { clients, failure, readTargets, SEOUL, soon, WEB, withCapacity, world } from './worlds.ts';

const elb = (sim: World) => clients(sim).loadBalancing(SEOUL);
const arnOf = (sim: World): string => sim.place('web', 'primary').targetGroupArn;
const firstId = (sim: World): string => sim.place('web', 'primary').instanceIds[0] ?? '';

describe('reading target groups', () => {
  test('by name, by ARN and by page; unknown ones are refused', async () => {
    const sim = world();
    const byArn = await soon(sim, elb(sim).send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arnOf(sim)] })));
    expect(byArn.TargetGroups?.[0]?.TargetGroupName).toBe('exercise-target-group');
    const unknown = new DescribeTargetGroupsCommand({ Names: ['nobody'] });
    expect(await failure(sim, elb(sim).send(unknown))).toBeInstanceOf(TargetGroupNotFoundException);
    const health = (TargetGroupArn: string) =>
      failure(sim, elb(sim).send(new DescribeTargetHealthCommand({ TargetGroupArn })));
    expect(await health(`${arnOf(sim)}x`)).toBeInstanceOf(TargetGroupNotFoundException);
    expect((await health('web')).message).toBe("'web' is not a valid target group ARN");
    const pages = async (): Promise<number> => {
      let count = 0;
      for await (const page of paginateDescribeTargetGroups({ client: elb(sim) }, {}))
        count += page.TargetGroups?.length ?? 0;
      return count;
    };
    expect(await soon(sim, pages())).toBe(1);
  });

  test('a target asked for by name that is not registered is unused', async () => {
    const sim = world();
    const command = new DescribeTargetHealthCommand({
      TargetGroupArn: arnOf(sim),
      Targets: [{ Id: firstId(sim) }, { Id: 'i-1', Port: 9 }],
    });
    const answer = await soon(sim, elb(sim).send(command));
    expect(answer.TargetHealthDescriptions?.map(({ TargetHealth }) => TargetHealth?.Reason)).toEqual([
      undefined,
      'Target.NotRegistered',
    ]);
  });

  test('an ARN in the policy is the target group’s own', () => {
    const arn = `arn:aws:elasticloadbalancing:${SEOUL}:111122223333:targetgroup/given/0123456789abcdef`;
    const policy = { ...WEB, failover: undefined, health: WEB.health && { ...WEB.health, targetGroup: arn } };
    expect(world({}, { policies: [policy] }).place('web', 'primary').targetGroupArn).toBe(arn);
  });

  test('a service without a fleet has targets registered by hand, instances or addresses', async () => {
    const policy = { ...WEB, fleet: undefined, scaling: undefined, failover: undefined };
    expect(Object.keys(await readTargets(world({}, { policies: [policy] })))).toHaveLength(4);
    const byAddress = await readTargets(world({ targetType: 'ip', servers: 2 }, { policies: [policy] }));
    expect(Object.keys(byAddress)).toEqual(['10.0.0.0:80', '10.0.0.1:80']);
  });

  test('a zonal shift shows on the targets of its zone', async () => {
    const sim = world({}, { policies: [withCapacity(2, 4)] });
    const read = async (): Promise<(string | undefined)[]> => {
      const answer = await soon(sim, elb(sim).send(new DescribeTargetHealthCommand({ TargetGroupArn: arnOf(sim) })));
      return (answer.TargetHealthDescriptions ?? []).map(({ AdministrativeOverride }) => AdministrativeOverride?.State);
    };
    sim.apply({ kind: 'zonal-shift', region: SEOUL, zone: `${SEOUL}a`, active: true });
    expect(await read()).toEqual(['zonal_shift_active', 'no_override']);
    sim.apply({ kind: 'zonal-shift', region: SEOUL, zone: `${SEOUL}a`, active: false });
    expect(await read()).toEqual(['no_override', 'no_override']);
  });
});
