/** moto as a peer: the real SDK clients over HTTP, and boto3 to build and to see. */
import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import { awsClients } from '../../../lib/aws/clients.ts';
import { buildLab, buildZone, groupNow, HOME, labText, policyFrom, reportCpu, STANDBY, weightsNow } from '../lab.ts';
import { type Moto, startMoto } from '../moto.ts';
import { allBut, asUser, speakTo } from '../users.ts';
import type { GroupNow, Peer, Service, Stage, StageOptions } from './peer.ts';

type Acts = 'suspend' | 'addScaler' | 'startRefresh' | 'breakServers' | 'reportCpu' | 'changeSets';

function people(moto: Moto, zoneId: string): Pick<Stage, Acts> {
  const group = (service: Service, operation: string, args: object) =>
    moto.boto('autoscaling', HOME, operation, { AutoScalingGroupName: service.group, ...args });
  return {
    suspend: (service, processes) => group(service, 'suspend_processes', { ScalingProcesses: processes }),
    addScaler: (service, scaler) =>
      scaler === 'policy'
        ? group(service, 'put_scaling_policy', {
            PolicyName: `policy-of-${service.group}`,
            PolicyType: 'TargetTrackingScaling',
            TargetTrackingConfiguration: {
              PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
              TargetValue: 50,
            },
          })
        : group(service, 'put_scheduled_update_group_action', {
            ScheduledActionName: `schedule-of-${service.group}`,
            Recurrence: '0 6 * * *',
            DesiredCapacity: 2,
          }),
    startRefresh: (service) => group(service, 'start_instance_refresh', {}),
    // Nothing answers at moto's addresses as it is.
    breakServers: async () => undefined,
    async reportCpu(service, percent, minutes) {
      const nowMs = Date.now();
      await reportCpu(moto, HOME, service.group, percent, minutes);
      return (Math.floor(nowMs / 60_000) - minutes + 1) * 60_000;
    },
    async changeSets(changes) {
      const input = { HostedZoneId: zoneId, ChangeBatch: { Changes: changes } };
      await moto.boto('route53', STANDBY, 'change_resource_record_sets', input);
    },
  };
}

function alarmists(moto: Moto): Pick<Stage, 'alarms' | 'composeAlarm' | 'setAlarm'> {
  const put = async ({ group }: Service, side: 'high' | 'low'): Promise<string> => {
    const AlarmName = `cpu-of-${group}-${side}`;
    await moto.boto('cloudwatch', HOME, 'put_metric_alarm', {
      AlarmName,
      Namespace: 'AWS/EC2',
      MetricName: 'CPUUtilization',
      Dimensions: [{ Name: 'AutoScalingGroupName', Value: group }],
      Statistic: 'Average',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 70,
      ComparisonOperator: side === 'high' ? 'GreaterThanThreshold' : 'LessThanThreshold',
    });
    return AlarmName;
  };
  return {
    alarms: async (service) => [await put(service, 'high'), await put(service, 'low')],
    async composeAlarm(_service, over) {
      const AlarmName = `over-${over}`;
      await moto.boto('cloudwatch', HOME, 'put_composite_alarm', { AlarmName, AlarmRule: `ALARM("${over}")` });
      return AlarmName;
    },
    async setAlarm(_service, AlarmName, StateValue) {
      await moto.boto('cloudwatch', HOME, 'set_alarm_state', { AlarmName, StateValue, StateReason: 'set by hand' });
    },
  };
}

/** boto3's. */
function eyes(moto: Moto): Pick<Stage, 'groupNow' | 'targetsNow' | 'weightsNow'> {
  return {
    async groupNow(service): Promise<GroupNow> {
      const seen = await groupNow(moto, HOME, service.group);
      const all: { InstanceId: string; LifecycleState: string; HealthStatus: string }[] = seen.Instances;
      const working = all.filter((one) => one.LifecycleState === 'InService' && one.HealthStatus === 'Healthy');
      const instanceIds = working.map(({ InstanceId }) => InstanceId);
      return { min: seen.MinSize, max: seen.MaxSize, desired: seen.DesiredCapacity, instanceIds };
    },
    async targetsNow({ targetGroupArn }) {
      const seen = await moto.boto('elbv2', HOME, 'describe_target_health', { TargetGroupArn: targetGroupArn });
      const all: { Target: { Id: string; Port: number }; TargetHealth: { State: string } }[] =
        seen.TargetHealthDescriptions;
      return all
        .filter(({ TargetHealth }) => TargetHealth.State !== 'draining')
        .map(({ Target }) => `${Target.Id}:${Target.Port}`);
    },
    weightsNow: (service) => weightsNow(moto, service.policy),
  };
}

/** A topic with a queue that listens to it, once somebody asks for it. */
function listener(moto: Moto): Pick<Stage, 'listen' | 'publishedNow'> {
  const Name = `on-call-${Math.random().toString(36).slice(2)}`;
  const sqs = (operation: string, args: object) => moto.boto('sqs', STANDBY, operation, { ...args });
  let QueueUrl: string | undefined;
  return {
    async listen() {
      const { TopicArn } = await moto.boto('sns', STANDBY, 'create_topic', { Name });
      ({ QueueUrl } = await sqs('create_queue', { QueueName: Name }));
      const { Attributes } = await sqs('get_queue_attributes', { QueueUrl, AttributeNames: ['QueueArn'] });
      const Endpoint = Attributes.QueueArn;
      await moto.boto('sns', STANDBY, 'subscribe', { TopicArn, Protocol: 'sqs', Endpoint });
      return TopicArn;
    },
    async publishedNow() {
      const { Messages = [] } = await sqs('receive_message', { QueueUrl, MaxNumberOfMessages: 10 });
      return Messages.map(({ Body }: { Body: string }) => {
        const { Subject, Message } = JSON.parse(Body);
        return { subject: Subject, message: Message };
      });
    },
  };
}

/** Puts aliases with EvaluateTargetHealth in the place of the lab's plain sets. */
async function makeAliases(moto: Moto, policy: Service['policy']): Promise<void> {
  const weights = await weightsNow(moto, policy);
  const Changes = Object.entries(weights).map(([SetIdentifier, Weight]) => ({
    Action: 'UPSERT',
    ResourceRecordSet: {
      Name: policy.failover?.record.name,
      Type: 'A',
      SetIdentifier,
      Weight,
      AliasTarget: {
        HostedZoneId: 'ZWKZPGTI48KDX',
        DNSName: `dualstack.${SetIdentifier}.elb.amazonaws.com.`,
        EvaluateTargetHealth: true,
      },
    },
  }));
  const input = { HostedZoneId: policy.failover?.hostedZoneId, ChangeBatch: { Changes } };
  await moto.boto('route53', STANDBY, 'change_resource_record_sets', input);
}

async function buildService(moto: Moto, zoneId: string, index: number, alias: boolean): Promise<Service> {
  const { policy, primaryTargetGroup } = await buildLab(moto, policyFrom(labText(zoneId, index)));
  if (alias) await makeAliases(moto, policy);
  const group = policy.fleet?.autoScalingGroup ?? '';
  const { Instances } = await groupNow(moto, HOME, group);
  return {
    policy,
    group,
    targetGroupArn: primaryTargetGroup,
    instanceIds: [Instances[0].InstanceId, Instances[1].InstanceId],
  };
}

export async function motoPeer(): Promise<Peer & { stop(): Promise<void> }> {
  const moto = await startMoto();
  speakTo(moto.url);
  // moto loads a service with its first call, which takes longer than the clients of a round wait; the lab loads the others.
  await moto.boto('cloudwatch', HOME, 'list_metrics');
  const clients = awsClients();
  let built = 0;
  return {
    name: 'moto',
    async stop() {
      vi.unstubAllEnvs();
      await moto.stop();
    },
    async stage({ services: count = 1, alias = false }: StageOptions = {}) {
      const zoneId = await buildZone(moto);
      const services: Service[] = [];
      // One after the other: moto does not like to be hurried.
      for (let index = 0; index < count; index += 1) {
        built += 1;
        services.push(await buildService(moto, zoneId, built, alias));
      }
      return {
        services,
        web: services[0] as Service,
        zoneId,
        clients,
        nowMs: () => Date.now(),
        answered: (call) => call,
        pass: (seconds) => sleep(seconds * 1000),
        denied: (action, send) => asUser(moto, allBut(action), () => send(awsClients())),
        ...people(moto, zoneId),
        ...alarmists(moto),
        ...eyes(moto),
        ...listener(moto),
      };
    },
  };
}
