/** How Auto Scaling is written to: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Operations.html */
import {
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { expect } from 'vitest';
import { HOME } from '../lab.ts';
import { asg, DENIED, INVALID, NO_GROUP } from './auto-scaling.ts';
import { type Case, casesOf, refused } from './case.ts';
import type { Peer, Stage } from './peer.ts';

/** Refused, and the group is as it was. */
async function unchanged(stage: Stage, refusal: () => Promise<void>): Promise<void> {
  const before = await stage.groupNow(stage.web);
  await refusal();
  expect(await stage.groupNow(stage.web)).toEqual(before);
}

const capacity = (group: string, DesiredCapacity: number) =>
  new SetDesiredCapacityCommand({ AutoScalingGroupName: group, DesiredCapacity, HonorCooldown: false });

const setDesiredCapacity = casesOf<Peer>('SetDesiredCapacity', {
  success: {
    'sets the number, and the bounds stay': async (peer) => {
      const stage = await peer.stage();
      await stage.answered(asg(stage).send(capacity(stage.web.group, 1)));
      expect(await stage.groupNow(stage.web)).toMatchObject({ min: 1, max: 2, desired: 1 });
    },
    'again at once, for no cooldown is honoured': async (peer) => {
      const stage = await peer.stage();
      await stage.answered(asg(stage).send(capacity(stage.web.group, 1)));
      await stage.answered(asg(stage).send(capacity(stage.web.group, 2)));
      expect(await stage.groupNow(stage.web)).toMatchObject({ desired: 2 });
    },
    'the number that it has is no error': async (peer) => {
      const stage = await peer.stage();
      await stage.answered(asg(stage).send(capacity(stage.web.group, 2)));
      expect(await stage.groupNow(stage.web)).toMatchObject({ desired: 2, instanceIds: stage.web.instanceIds });
    },
  },
  'not found': {
    'an unknown group': async (peer) => {
      const stage = await peer.stage();
      await refused(stage.answered(asg(stage).send(capacity('nobody', 1))), NO_GROUP);
    },
  },
  denied: {
    'changes nothing': async (peer) => {
      const stage = await peer.stage();
      await unchanged(stage, () =>
        refused(
          stage.denied('autoscaling:SetDesiredCapacity', (to) =>
            to.autoScaling(HOME).send(capacity(stage.web.group, 1)),
          ),
          DENIED,
        ),
      );
    },
  },
  invalid: {
    'above the maximum, told as the bound that somebody moved': async (peer) => {
      const stage = await peer.stage();
      const call = () => stage.answered(asg(stage).send(capacity(stage.web.group, 3)));
      await unchanged(stage, () => refused(call(), { ...INVALID, kind: 'Conflict', says: /above max value 2/ }));
    },
    'below the minimum, told as the bound that somebody moved': async (peer) => {
      const stage = await peer.stage();
      const call = () => stage.answered(asg(stage).send(capacity(stage.web.group, 0)));
      await unchanged(stage, () => refused(call(), { ...INVALID, kind: 'Conflict', says: /below min value 1/ }));
    },
  },
});

const sizes = (group: string, MinSize: number, DesiredCapacity: number) =>
  new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: group, MinSize, DesiredCapacity });

const updateGroup = casesOf<Peer>('UpdateAutoScalingGroup', {
  success: {
    'sets minimum and number, and the maximum stays': async (peer) => {
      const stage = await peer.stage();
      await stage.answered(asg(stage).send(sizes(stage.web.group, 0, 1)));
      expect(await stage.groupNow(stage.web)).toMatchObject({ min: 0, max: 2, desired: 1 });
    },
  },
  'not found': {
    'an unknown group': async (peer) => {
      const stage = await peer.stage();
      await refused(stage.answered(asg(stage).send(sizes('nobody', 0, 0))), NO_GROUP);
    },
  },
  denied: {
    'changes nothing': async (peer) => {
      const stage = await peer.stage();
      await unchanged(stage, () =>
        refused(
          stage.denied('autoscaling:UpdateAutoScalingGroup', (to) =>
            to.autoScaling(HOME).send(sizes(stage.web.group, 0, 0)),
          ),
          DENIED,
        ),
      );
    },
  },
  invalid: {
    'a number above the maximum, told as the bound that somebody moved': async (peer) => {
      const stage = await peer.stage();
      const call = () => stage.answered(asg(stage).send(sizes(stage.web.group, 1, 3)));
      await unchanged(stage, () => refused(call(), { ...INVALID, kind: 'Conflict' }));
    },
    'a minimum above the maximum': async (peer) => {
      const stage = await peer.stage();
      const command = new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: stage.web.group, MinSize: 3 });
      await unchanged(stage, () => refused(stage.answered(asg(stage).send(command)), INVALID));
    },
  },
});

const health = (InstanceId: string, HealthStatus: string) =>
  new SetInstanceHealthCommand({ InstanceId, HealthStatus, ShouldRespectGracePeriod: false });

const setInstanceHealth = casesOf<Peer>('SetInstanceHealth', {
  success: {
    'an unhealthy instance leaves the service': async (peer) => {
      const stage = await peer.stage();
      const [sick, well] = stage.web.instanceIds;
      await stage.answered(asg(stage).send(health(sick, 'Unhealthy')));
      const { desired, instanceIds } = await stage.groupNow(stage.web);
      expect(instanceIds).not.toContain(sick);
      expect(instanceIds).toContain(well);
      expect(desired).toBe(2);
    },
    'the group terminates it': async (peer) => {
      const stage = await peer.stage();
      const [sick] = stage.web.instanceIds;
      await stage.answered(asg(stage).send(health(sick, 'Unhealthy')));
      await stage.pass(2);
      const read = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [stage.web.group] });
      const { AutoScalingGroups } = await stage.answered(asg(stage).send(read));
      const left = AutoScalingGroups?.[0]?.Instances?.find(({ InstanceId }) => InstanceId === sick);
      expect(left?.LifecycleState ?? 'gone').toMatch(/^(Terminating.*|gone)$/);
    },
    'twice is no error': async (peer) => {
      const stage = await peer.stage();
      const [sick] = stage.web.instanceIds;
      await stage.answered(asg(stage).send(health(sick, 'Unhealthy')));
      await stage.answered(asg(stage).send(health(sick, 'Unhealthy')));
    },
  },
  'not found': {
    'an instance of no group': async (peer) => {
      const stage = await peer.stage();
      const call = stage.answered(asg(stage).send(health('i-0123456789abcdef0', 'Unhealthy')));
      await refused(call, { kind: 'NotFound', name: 'ValidationError', status: 400 });
    },
  },
  denied: {
    'changes nothing': async (peer) => {
      const stage = await peer.stage();
      await unchanged(stage, () =>
        refused(
          stage.denied('autoscaling:SetInstanceHealth', (to) =>
            to.autoScaling(HOME).send(health(stage.web.instanceIds[0], 'Unhealthy')),
          ),
          DENIED,
        ),
      );
    },
  },
  invalid: {
    'a health that there is not': async (peer) => {
      const stage = await peer.stage();
      const call = () => stage.answered(asg(stage).send(health(stage.web.instanceIds[0], 'Poorly')));
      await unchanged(stage, () => refused(call(), INVALID));
    },
  },
});

export const groupWrites: readonly Case<Peer>[] = [...setDesiredCapacity, ...updateGroup, ...setInstanceHealth];
