/** How target groups are read: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Operations.html */
import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  paginateDescribeTargetGroups,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { expect } from 'vitest';
import { HOME } from '../lab.ts';
import { type Case, casesOf, refused } from './case.ts';
import { DENIED, deregister, elb, INVALID, NO_ARN, NO_GROUP, nowhere, register, targetsOf } from './load-balancing.ts';
import type { Peer } from './peer.ts';

const describeGroups = casesOf<Peer>('DescribeTargetGroups', {
  success: {
    'by name: its ARN, type and checks': async (peer) => {
      const stage = await peer.stage();
      const name = stage.web.policy.health?.targetGroup ?? '';
      const { TargetGroups } = await stage.answered(
        elb(stage).send(new DescribeTargetGroupsCommand({ Names: [name] })),
      );
      expect(TargetGroups).toMatchObject([
        {
          TargetGroupArn: stage.web.targetGroupArn,
          TargetGroupName: name,
          TargetType: 'instance',
          Protocol: 'HTTP',
          Port: 80,
          HealthCheckEnabled: true,
          HealthCheckProtocol: 'HTTP',
          HealthCheckPort: 'traffic-port',
          HealthCheckPath: '/health',
          HealthCheckIntervalSeconds: 5,
          HealthCheckTimeoutSeconds: 2,
          HealthyThresholdCount: 2,
          UnhealthyThresholdCount: 2,
          Matcher: { HttpCode: '200' },
        },
      ]);
    },
    'by ARN': async (peer) => {
      const stage = await peer.stage();
      const command = new DescribeTargetGroupsCommand({ TargetGroupArns: [stage.web.targetGroupArn] });
      const { TargetGroups } = await stage.answered(elb(stage).send(command));
      expect(TargetGroups?.map((group) => group.TargetGroupName)).toEqual([stage.web.policy.health?.targetGroup]);
    },
  },
  'not found': {
    'an unknown name': async (peer) => {
      const stage = await peer.stage();
      const command = new DescribeTargetGroupsCommand({ Names: ['nobody'] });
      await refused(stage.answered(elb(stage).send(command)), NO_GROUP);
    },
    'an ARN of nothing': async (peer) => {
      const stage = await peer.stage();
      const command = new DescribeTargetGroupsCommand({ TargetGroupArns: [nowhere(stage.web)] });
      await refused(stage.answered(elb(stage).send(command)), NO_GROUP);
    },
  },
  denied: {
    'is refused': async (peer) => {
      const stage = await peer.stage();
      const read = new DescribeTargetGroupsCommand({ TargetGroupArns: [stage.web.targetGroupArn] });
      const call = stage.denied('elasticloadbalancing:DescribeTargetGroups', (to) => to.loadBalancing(HOME).send(read));
      await refused(call, DENIED);
    },
  },
  invalid: {
    'what is no ARN': async (peer) => {
      const stage = await peer.stage();
      const command = new DescribeTargetGroupsCommand({ TargetGroupArns: ['arn:of:nothing'] });
      await refused(stage.answered(elb(stage).send(command)), NO_ARN);
    },
    'a page of more than 400': async (peer) => {
      const stage = await peer.stage();
      await refused(stage.answered(elb(stage).send(new DescribeTargetGroupsCommand({ PageSize: 401 }))), INVALID);
    },
  },
  pages: {
    'every group once': async (peer) => {
      const stage = await peer.stage({ services: 3 });
      const wanted = stage.services.map(({ targetGroupArn }) => targetGroupArn);
      const seen: string[] = [];
      const read = async (): Promise<number> => {
        let pages = 0;
        for await (const { TargetGroups = [] } of paginateDescribeTargetGroups(
          { client: elb(stage) },
          { PageSize: 2 },
        )) {
          pages += 1;
          expect(TargetGroups.length).toBeLessThanOrEqual(2);
          seen.push(...TargetGroups.map((group) => group.TargetGroupArn ?? ''));
        }
        return pages;
      };
      expect(await stage.answered(read())).toBeGreaterThan(1);
      expect(seen.filter((arn) => wanted.includes(arn)).sort()).toEqual([...wanted].sort());
    },
  },
});

const describeHealth = casesOf<Peer>('DescribeTargetHealth', {
  success: {
    'every target with its port and state, as others see it': async (peer) => {
      const stage = await peer.stage();
      const targets = await targetsOf(stage, stage.web);
      expect(targets.map(({ Target }) => `${Target?.Id}:${Target?.Port}`).sort()).toEqual(
        [...(await stage.targetsNow(stage.web))].sort(),
      );
      expect(targets.map(({ Target }) => Target?.Id).sort()).toEqual([...stage.web.instanceIds].sort());
      for (const { Target, TargetHealth } of targets) {
        expect(Target?.Port).toBe(80);
        expect(TargetHealth).toMatchObject({ State: expect.stringMatching(/^(initial|healthy)$/) });
      }
    },
    'a target whose server does not answer is never healthy, and says why': async (peer) => {
      const stage = await peer.stage();
      await stage.breakServers(stage.web);
      const [first] = stage.web.instanceIds;
      const target = { Id: first, Port: 80 };
      await stage.answered(elb(stage).send(deregister(stage.web, target)));
      await stage.answered(elb(stage).send(register(stage.web, target)));
      const state = async () =>
        (await targetsOf(stage, stage.web)).find(({ Target }) => Target?.Id === first)?.TargetHealth;
      expect(await state()).toMatchObject({ State: expect.stringMatching(/^(initial|unhealthy)$/) });
      // Its first check comes within an interval, and lasts no longer than the timeout.
      await stage.pass(7);
      expect(await state()).toMatchObject({ State: 'unhealthy', Reason: 'Target.FailedHealthChecks' });
    },
    'a deregistered target drains before it is gone': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      await stage.answered(elb(stage).send(deregister(stage.web, { Id: first, Port: 80 })));
      const left = (await targetsOf(stage, stage.web)).find(({ Target }) => Target?.Id === first);
      expect(left?.TargetHealth).toMatchObject({ State: 'draining', Reason: 'Target.DeregistrationInProgress' });
    },
    'whether a zonal shift leads away from it': async (peer) => {
      const stage = await peer.stage();
      const overrides = (await targetsOf(stage, stage.web)).map((target) => target.AdministrativeOverride?.State);
      expect(overrides).toEqual(['no_override', 'no_override']);
    },
  },
  'not found': {
    'an ARN of nothing': async (peer) => {
      const stage = await peer.stage();
      const command = new DescribeTargetHealthCommand({ TargetGroupArn: nowhere(stage.web) });
      await refused(stage.answered(elb(stage).send(command)), NO_GROUP);
    },
  },
  denied: {
    'is refused': async (peer) => {
      const stage = await peer.stage();
      const read = new DescribeTargetHealthCommand({ TargetGroupArn: stage.web.targetGroupArn });
      const call = stage.denied('elasticloadbalancing:DescribeTargetHealth', (to) => to.loadBalancing(HOME).send(read));
      await refused(call, DENIED);
    },
  },
  invalid: {
    'what is no ARN': async (peer) => {
      const stage = await peer.stage();
      const command = new DescribeTargetHealthCommand({ TargetGroupArn: 'web' });
      await refused(stage.answered(elb(stage).send(command)), NO_ARN);
    },
  },
});

export const targetReads: readonly Case<Peer>[] = [...describeGroups, ...describeHealth];
