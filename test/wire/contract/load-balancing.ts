/** What Elastic Load Balancing does: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Operations.html */
import type { ElasticLoadBalancingV2Client, TargetDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  paginateDescribeTargetGroups,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { expect } from 'vitest';
import { HOME } from '../lab.ts';
import { type Case, casesOf, refused } from './case.ts';
import type { Peer, Service, Stage } from './peer.ts';

const INVALID = { kind: 'bug', name: 'ValidationError', status: 400 } as const;
const DENIED = { kind: 'Denied', name: 'AccessDenied', status: 403 } as const;
const NO_GROUP = { kind: 'NotFound', name: 'TargetGroupNotFoundException', status: 400 } as const;
/** "'…' is not a valid target group ARN": what does not even look like one names no group either. */
const NO_ARN = { ...INVALID, kind: 'NotFound', says: /is not a valid target group ARN/ } as const;

const elb = (stage: Stage): ElasticLoadBalancingV2Client => stage.clients.loadBalancing(HOME);

/** The ARN of a group that is not there. */
const nowhere = ({ targetGroupArn }: Service): string => targetGroupArn.replace(/[0-9a-f]{16}$/, '0000000000000000');

const describeGroups = casesOf<Peer>('DescribeTargetGroups', {
  success: {
    'by name: its ARN, type and checks': async (peer) => {
      const stage = await peer.stage();
      const name = stage.web.policy.health?.targetGroup ?? '';
      const { TargetGroups } = await stage.answered(elb(stage).send(new DescribeTargetGroupsCommand({ Names: [name] })));
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
        for await (const { TargetGroups = [] } of paginateDescribeTargetGroups({ client: elb(stage) }, { PageSize: 2 })) {
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

async function targetsOf(stage: Stage, { targetGroupArn }: Service) {
  const command = new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn });
  return (await stage.answered(elb(stage).send(command))).TargetHealthDescriptions ?? [];
}

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

const register = ({ targetGroupArn }: Pick<Service, 'targetGroupArn'>, ...Targets: TargetDescription[]) =>
  new RegisterTargetsCommand({ TargetGroupArn: targetGroupArn, Targets });

const deregister = ({ targetGroupArn }: Pick<Service, 'targetGroupArn'>, ...Targets: TargetDescription[]) =>
  new DeregisterTargetsCommand({ TargetGroupArn: targetGroupArn, Targets });

/** Refused, and the targets are as they were. */
async function unchanged(stage: Stage, refusal: () => Promise<void>): Promise<void> {
  const before = await stage.targetsNow(stage.web);
  await refusal();
  expect(await stage.targetsNow(stage.web)).toEqual(before);
}

const registerTargets = casesOf<Peer>('RegisterTargets', {
  success: {
    'a target comes back that was taken out': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      await stage.answered(elb(stage).send(deregister(stage.web, { Id: first, Port: 80 })));
      expect(await stage.targetsNow(stage.web)).not.toContain(`${first}:80`);
      await stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 80 })));
      expect(await stage.targetsNow(stage.web)).toContain(`${first}:80`);
    },
    'it starts at initial, whatever it was before': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      await stage.answered(elb(stage).send(deregister(stage.web, { Id: first, Port: 80 })));
      await stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 80 })));
      const targets = await targetsOf(stage, stage.web);
      const state = targets.find(({ Target }) => Target?.Id === first)?.TargetHealth;
      expect(state).toMatchObject({ State: 'initial', Reason: expect.stringMatching(/^Elb\./) });
    },
    'two ports of one server are two targets': async (peer) => {
      const stage = await peer.stage();
      const [first, second] = stage.web.instanceIds;
      await stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 8080 })));
      const targets = [`${first}:80`, `${first}:8080`, `${second}:80`];
      expect([...(await stage.targetsNow(stage.web))].sort()).toEqual(targets.sort());
    },
    'without a port it is the one of the group': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      const [stranger] = stage.services[1]?.instanceIds ?? [''];
      await stage.answered(elb(stage).send(register(stage.web, { Id: stranger })));
      expect(await stage.targetsNow(stage.web)).toContain(`${stranger}:80`);
    },
    'one that is registered stays as it is': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const before = await targetsOf(stage, stage.web);
      await stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 80 })));
      expect(await targetsOf(stage, stage.web)).toEqual(before);
    },
  },
  'not found': {
    'no such target group': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const command = register({ targetGroupArn: nowhere(stage.web) }, { Id: first, Port: 80 });
      await refused(stage.answered(elb(stage).send(command)), NO_GROUP);
    },
    'no such instance': async (peer) => {
      const stage = await peer.stage();
      const call = () => stage.answered(elb(stage).send(register(stage.web, { Id: 'i-0123456789abcdef0', Port: 80 })));
      await unchanged(stage, () => refused(call(), { kind: 'NotFound', name: 'InvalidTargetException', status: 400 }));
    },
  },
  denied: {
    'changes nothing': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      const [stranger] = stage.services[1]?.instanceIds ?? [''];
      const command = register(stage.web, { Id: stranger, Port: 80 });
      const call = () =>
        stage.denied('elasticloadbalancing:RegisterTargets', (to) => to.loadBalancing(HOME).send(command));
      await unchanged(stage, () => refused(call(), DENIED));
    },
  },
  invalid: {
    'a port that there is not': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const call = () => stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 65536 })));
      await unchanged(stage, () => refused(call(), INVALID));
    },
  },
});

const deregisterTargets = casesOf<Peer>('DeregisterTargets', {
  success: {
    'the target is out, the others stay': async (peer) => {
      const stage = await peer.stage();
      const [first, second] = stage.web.instanceIds;
      await stage.answered(elb(stage).send(deregister(stage.web, { Id: first, Port: 80 })));
      expect(await stage.targetsNow(stage.web)).toEqual([`${second}:80`]);
    },
    'only the port that is named': async (peer) => {
      const stage = await peer.stage();
      const [first, second] = stage.web.instanceIds;
      await stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 8080 })));
      await stage.answered(elb(stage).send(deregister(stage.web, { Id: first, Port: 8080 })));
      expect([...(await stage.targetsNow(stage.web))].sort()).toEqual([`${first}:80`, `${second}:80`].sort());
    },
    'without a port, one that is registered with another port than the group’s stays': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      const [stranger] = stage.services[1]?.instanceIds ?? [''];
      await stage.answered(elb(stage).send(register(stage.web, { Id: stranger, Port: 8080 })));
      await stage.answered(elb(stage).send(deregister(stage.web, { Id: stranger })));
      expect(await stage.targetsNow(stage.web)).toContain(`${stranger}:8080`);
    },
  },
  'not found': {
    'a target that is not registered succeeds': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      const [stranger] = stage.services[1]?.instanceIds ?? [''];
      await unchanged(stage, async () => {
        await stage.answered(elb(stage).send(deregister(stage.web, { Id: stranger, Port: 80 })));
      });
    },
    'no such target group': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const command = deregister({ targetGroupArn: nowhere(stage.web) }, { Id: first, Port: 80 });
      await refused(stage.answered(elb(stage).send(command)), NO_GROUP);
    },
  },
  denied: {
    'changes nothing': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const command = deregister(stage.web, { Id: first, Port: 80 });
      const call = () =>
        stage.denied('elasticloadbalancing:DeregisterTargets', (to) => to.loadBalancing(HOME).send(command));
      await unchanged(stage, () => refused(call(), DENIED));
    },
  },
  invalid: {
    'a port that there is not': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const call = () => stage.answered(elb(stage).send(deregister(stage.web, { Id: first, Port: 0 })));
      await unchanged(stage, () => refused(call(), INVALID));
    },
  },
});

export const loadBalancingCases: readonly Case<Peer>[] = [
  ...describeGroups,
  ...describeHealth,
  ...registerTargets,
  ...deregisterTargets,
];
