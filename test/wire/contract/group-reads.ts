/** How Auto Scaling is read: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Operations.html */
import {
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribePoliciesCommand,
  DescribeScheduledActionsCommand,
  paginateDescribeAutoScalingGroups,
  paginateDescribeInstanceRefreshes,
  paginateDescribePolicies,
  paginateDescribeScheduledActions,
} from '@aws-sdk/client-auto-scaling';
import { expect } from 'vitest';
import { HOME } from '../lab.ts';
import { asg, DENIED, INVALID, NO_GROUP } from './auto-scaling.ts';
import { type Case, casesOf, refused } from './case.ts';
import { expectPaged, pagesOf } from './pages.ts';
import type { Peer, Service } from './peer.ts';

/** Where nobody built anything. */
const ELSEWHERE = 'eu-west-1';

const groupsOf = (services: readonly Service[]): string[] => services.map(({ group }) => group);

const describeGroups = casesOf<Peer>('DescribeAutoScalingGroups', {
  success: {
    'a group with its bounds and instances, as others see it': async (peer) => {
      const stage = await peer.stage();
      const input = { AutoScalingGroupNames: [stage.web.group] };
      const { AutoScalingGroups } = await stage.answered(asg(stage).send(new DescribeAutoScalingGroupsCommand(input)));
      const { min, max, desired, instanceIds } = await stage.groupNow(stage.web);
      expect(AutoScalingGroups).toMatchObject([
        { AutoScalingGroupName: stage.web.group, MinSize: min, MaxSize: max, DesiredCapacity: desired },
      ]);
      expect(AutoScalingGroups?.[0]?.SuspendedProcesses).toEqual([]);
      expect(AutoScalingGroups?.[0]?.TargetGroupARNs).toEqual([stage.web.targetGroupArn]);
      expect(AutoScalingGroups?.[0]?.Instances).toMatchObject(
        instanceIds.map((InstanceId) => ({
          InstanceId,
          AvailabilityZone: expect.stringMatching(`^${HOME}[a-d]$`),
          LifecycleState: 'InService',
          HealthStatus: 'Healthy',
          ProtectedFromScaleIn: false,
        })),
      );
    },
    'the processes that somebody suspended': async (peer) => {
      const stage = await peer.stage();
      await stage.suspend(stage.web, ['AlarmNotification', 'Launch']);
      const input = { AutoScalingGroupNames: [stage.web.group] };
      const { AutoScalingGroups } = await stage.answered(asg(stage).send(new DescribeAutoScalingGroupsCommand(input)));
      const names = AutoScalingGroups?.[0]?.SuspendedProcesses?.map(({ ProcessName }) => ProcessName);
      expect(names?.sort()).toEqual(['AlarmNotification', 'Launch']);
    },
  },
  'not found': {
    'an unknown name is left out': async (peer) => {
      const stage = await peer.stage();
      const input = { AutoScalingGroupNames: ['nobody', stage.web.group] };
      const { AutoScalingGroups } = await stage.answered(asg(stage).send(new DescribeAutoScalingGroupsCommand(input)));
      expect(AutoScalingGroups?.map((group) => group.AutoScalingGroupName)).toEqual([stage.web.group]);
    },
    'of none of the names, the list is empty': async (peer) => {
      const stage = await peer.stage();
      const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['nobody'] });
      expect((await stage.answered(asg(stage).send(command))).AutoScalingGroups).toEqual([]);
    },
  },
  denied: {
    'is refused': async (peer) => {
      const stage = await peer.stage();
      const read = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [stage.web.group] });
      const call = stage.denied('autoscaling:DescribeAutoScalingGroups', (to) => to.autoScaling(HOME).send(read));
      await refused(call, DENIED);
    },
  },
  invalid: {
    'a page of more than 100': async (peer) => {
      const stage = await peer.stage();
      await refused(
        stage.answered(asg(stage).send(new DescribeAutoScalingGroupsCommand({ MaxRecords: 101 }))),
        INVALID,
      );
    },
  },
  pages: {
    'every group once': async (peer) => {
      const stage = await peer.stage({ services: 3 });
      const read = paginateDescribeAutoScalingGroups({ client: asg(stage) }, { MaxRecords: 2 });
      const pages = await stage.answered(pagesOf(read, (page) => page.AutoScalingGroups));
      const names = pages.map((page) => page.map((group) => group.AutoScalingGroupName));
      expectPaged(names, 2, groupsOf(stage.services));
    },
    'a hundred names at once': async (peer) => {
      const stage = await peer.stage();
      const others = Array.from({ length: 99 }, (_, index) => `nobody-${index}`);
      const input = { AutoScalingGroupNames: [...others, stage.web.group], MaxRecords: 100 };
      const read = paginateDescribeAutoScalingGroups({ client: asg(stage) }, input);
      const pages = await stage.answered(pagesOf(read, (page) => page.AutoScalingGroups));
      expect(pages.flat().map((group) => group.AutoScalingGroupName)).toEqual([stage.web.group]);
    },
  },
});

const describeRefreshes = casesOf<Peer>('DescribeInstanceRefreshes', {
  success: {
    'a group without any has an empty list': async (peer) => {
      const stage = await peer.stage();
      const command = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: stage.web.group });
      expect((await stage.answered(asg(stage).send(command))).InstanceRefreshes).toEqual([]);
    },
    'one that runs, before one that is over': async (peer) => {
      const stage = await peer.stage();
      await stage.startRefresh(stage.web, true);
      await stage.startRefresh(stage.web, false);
      const command = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: stage.web.group });
      const { InstanceRefreshes } = await stage.answered(asg(stage).send(command));
      expect(InstanceRefreshes?.map(({ Status }) => Status)).toEqual(['InProgress', 'Successful']);
      expect(InstanceRefreshes?.[0]).toMatchObject({ AutoScalingGroupName: stage.web.group });
    },
  },
  'not found': {
    'an unknown group is an error': async (peer) => {
      const stage = await peer.stage();
      const command = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: 'nobody' });
      await refused(stage.answered(asg(stage).send(command)), NO_GROUP);
    },
  },
  denied: {
    'is refused': async (peer) => {
      const stage = await peer.stage();
      const read = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: stage.web.group });
      const call = stage.denied('autoscaling:DescribeInstanceRefreshes', (to) => to.autoScaling(HOME).send(read));
      await refused(call, DENIED);
    },
  },
  invalid: {
    'a page of more than 100': async (peer) => {
      const stage = await peer.stage();
      const command = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: stage.web.group, MaxRecords: 101 });
      await refused(stage.answered(asg(stage).send(command)), INVALID);
    },
  },
  pages: {
    'every refresh once, the latest first': async (peer) => {
      const stage = await peer.stage();
      for (const over of [true, true, false]) await stage.startRefresh(stage.web, over);
      const input = { AutoScalingGroupName: stage.web.group, MaxRecords: 2 };
      const read = paginateDescribeInstanceRefreshes({ client: asg(stage) }, input);
      const pages = await stage.answered(pagesOf(read, (page) => page.InstanceRefreshes));
      const statuses = pages.map((page) => page.map(({ Status }) => Status));
      expect(statuses).toEqual([['InProgress', 'Successful'], ['Successful']]);
      expect(new Set(pages.flat().map(({ InstanceRefreshId }) => InstanceRefreshId)).size).toBe(3);
    },
  },
});

const describePolicies = casesOf<Peer>('DescribePolicies', {
  success: {
    'a policy with its group and type, enabled': async (peer) => {
      const stage = await peer.stage();
      await stage.addScaler(stage.web, 'policy');
      const { ScalingPolicies } = await stage.answered(
        asg(stage).send(new DescribePoliciesCommand({ MaxRecords: 100 })),
      );
      expect(ScalingPolicies?.filter((policy) => policy.AutoScalingGroupName === stage.web.group)).toMatchObject([
        { PolicyName: expect.any(String), PolicyType: 'TargetTrackingScaling', Enabled: true },
      ]);
    },
    'by name those of one group alone': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      for (const service of stage.services) await stage.addScaler(service, 'policy');
      const command = new DescribePoliciesCommand({ AutoScalingGroupName: stage.web.group, MaxRecords: 100 });
      const { ScalingPolicies } = await stage.answered(asg(stage).send(command));
      expect(ScalingPolicies).toMatchObject([{ AutoScalingGroupName: stage.web.group }]);
    },
  },
  'not found': {
    'a region without any has an empty list': async (peer) => {
      const stage = await peer.stage();
      const call = stage.clients.autoScaling(ELSEWHERE).send(new DescribePoliciesCommand({}));
      expect((await stage.answered(call)).ScalingPolicies).toEqual([]);
    },
  },
  denied: {
    'is refused': async (peer) => {
      const stage = await peer.stage();
      const read = new DescribePoliciesCommand({});
      await refused(
        stage.denied('autoscaling:DescribePolicies', (to) => to.autoScaling(HOME).send(read)),
        DENIED,
      );
    },
  },
  invalid: {
    'a page of more than 100': async (peer) => {
      const stage = await peer.stage();
      await refused(stage.answered(asg(stage).send(new DescribePoliciesCommand({ MaxRecords: 101 }))), INVALID);
    },
  },
  pages: {
    'the policies of all groups, each once': async (peer) => {
      const stage = await peer.stage({ services: 3 });
      for (const service of stage.services) await stage.addScaler(service, 'policy');
      const read = paginateDescribePolicies({ client: asg(stage) }, { MaxRecords: 2 });
      const pages = await stage.answered(pagesOf(read, (page) => page.ScalingPolicies));
      const names = pages.map((page) => page.map((policy) => policy.AutoScalingGroupName));
      expectPaged(names, 2, groupsOf(stage.services));
    },
  },
});

const describeSchedules = casesOf<Peer>('DescribeScheduledActions', {
  success: {
    'a schedule with its group and name': async (peer) => {
      const stage = await peer.stage();
      await stage.addScaler(stage.web, 'schedule');
      const command = new DescribeScheduledActionsCommand({ MaxRecords: 100 });
      const { ScheduledUpdateGroupActions } = await stage.answered(asg(stage).send(command));
      expect(ScheduledUpdateGroupActions?.filter((one) => one.AutoScalingGroupName === stage.web.group)).toMatchObject([
        { ScheduledActionName: expect.any(String), DesiredCapacity: 2 },
      ]);
    },
    'by name those of one group alone': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      for (const service of stage.services) await stage.addScaler(service, 'schedule');
      const command = new DescribeScheduledActionsCommand({ AutoScalingGroupName: stage.web.group, MaxRecords: 100 });
      const { ScheduledUpdateGroupActions } = await stage.answered(asg(stage).send(command));
      expect(ScheduledUpdateGroupActions).toMatchObject([{ AutoScalingGroupName: stage.web.group }]);
    },
  },
  'not found': {
    'a region without any has an empty list': async (peer) => {
      const stage = await peer.stage();
      const call = stage.clients.autoScaling(ELSEWHERE).send(new DescribeScheduledActionsCommand({}));
      expect((await stage.answered(call)).ScheduledUpdateGroupActions).toEqual([]);
    },
  },
  denied: {
    'is refused': async (peer) => {
      const stage = await peer.stage();
      const read = new DescribeScheduledActionsCommand({});
      const call = stage.denied('autoscaling:DescribeScheduledActions', (to) => to.autoScaling(HOME).send(read));
      await refused(call, DENIED);
    },
  },
  invalid: {
    'a page of more than 100': async (peer) => {
      const stage = await peer.stage();
      await refused(stage.answered(asg(stage).send(new DescribeScheduledActionsCommand({ MaxRecords: 101 }))), INVALID);
    },
  },
  pages: {
    'the schedules of all groups, each once': async (peer) => {
      const stage = await peer.stage({ services: 3 });
      for (const service of stage.services) await stage.addScaler(service, 'schedule');
      const read = paginateDescribeScheduledActions({ client: asg(stage) }, { MaxRecords: 2 });
      const pages = await stage.answered(pagesOf(read, (page) => page.ScheduledUpdateGroupActions));
      const names = pages.map((page) => page.map((one) => one.AutoScalingGroupName));
      expectPaged(names, 2, groupsOf(stage.services));
    },
  },
});

export const groupReads: readonly Case<Peer>[] = [
  ...describeGroups,
  ...describeRefreshes,
  ...describePolicies,
  ...describeSchedules,
];
