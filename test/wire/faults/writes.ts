/** Every kind of write to what belongs to users: how a service comes to want it, and what boto3 finds once it is done. */
import { groupNow, HOME, weightsNow } from '../lab.ts';
import type { Moto } from '../moto.ts';
import type { WireCall } from '../proxy.ts';
import type { Case } from './case.ts';
import type { CaseOptions } from './stage.ts';

export interface Write {
  readonly operation: string;
  /** The kind of the action that it carries out. */
  readonly action: string;
  readonly options: CaseOptions;
  /** Brings the service so far that its next round writes. */
  readonly prepare: (its: Case) => Promise<void>;
  /** What boto3 finds before and after. */
  readonly before: unknown;
  readonly after: unknown;
  readonly read: (moto: Moto, its: Case) => Promise<unknown>;
}

const CALM: CaseOptions = { desired: 2, busy: false };

const size = async (moto: Moto): Promise<unknown> => {
  const { MinSize, DesiredCapacity } = await groupNow(moto, HOME, 'exercise-group');
  return { MinSize, DesiredCapacity };
};

/** Which of the group's two servers are registered, and which are healthy to the group. */
const servers = async (moto: Moto, { instances }: Case): Promise<unknown> => {
  const { TargetGroups } = await moto.boto('elbv2', HOME, 'describe_target_groups', {
    Names: ['exercise-target-group'],
  });
  const { TargetGroupArn } = TargetGroups[0];
  const { TargetHealthDescriptions } = await moto.boto('elbv2', HOME, 'describe_target_health', { TargetGroupArn });
  const registered: string[] = TargetHealthDescriptions.map((t: { Target: { Id: string } }) => t.Target.Id);
  const { Instances } = await groupNow(moto, HOME, 'exercise-group');
  const healthy = Instances.filter((i: { HealthStatus: string }) => i.HealthStatus === 'Healthy');
  const place = (id: string): number => instances.indexOf(id);
  return {
    registered: registered.map(place).sort(),
    healthy: healthy.map((i: { InstanceId: string }) => place(i.InstanceId)).sort(),
  };
};

const both = { registered: [0, 1], healthy: [0, 1] };

/** The first server fails, and has failed one of its two rounds. */
async function oneFails(its: Case): Promise<void> {
  await its.alone();
  its.fail(its.instances.slice(0, 1));
  await its.alone();
}

export const WRITES: readonly Write[] = [
  {
    operation: 'SetDesiredCapacity',
    action: 'setCapacity',
    options: { desired: 1, busy: true },
    prepare: async () => undefined,
    before: { MinSize: 1, DesiredCapacity: 1 },
    after: { MinSize: 1, DesiredCapacity: 2 },
    read: size,
  },
  {
    operation: 'UpdateAutoScalingGroup',
    action: 'parkFleet',
    options: CALM,
    prepare: async (its) => {
      await its.alone();
      await its.order({ order: 'capacity', capacity: 0 });
    },
    before: { MinSize: 1, DesiredCapacity: 2 },
    after: { MinSize: 0, DesiredCapacity: 0 },
    read: size,
  },
  {
    operation: 'DeregisterTargets',
    action: 'deregisterTarget',
    options: CALM,
    prepare: oneFails,
    before: both,
    after: { registered: [1], healthy: [1] },
    read: servers,
  },
  {
    operation: 'SetInstanceHealth',
    action: 'replaceInstance',
    options: CALM,
    prepare: oneFails,
    before: { registered: [1], healthy: [0, 1] },
    after: { registered: [1], healthy: [1] },
    read: servers,
  },
  {
    operation: 'RegisterTargets',
    action: 'registerTarget',
    options: { ...CALM, edit: (text) => text.replace('onUnhealthy: replace', 'onUnhealthy: deregister') },
    prepare: async (its) => {
      await oneFails(its);
      await its.alone();
      its.recover();
      its.skip(30_000);
    },
    before: { registered: [1], healthy: [0, 1] },
    after: both,
    read: servers,
  },
  {
    operation: 'ChangeResourceRecordSets',
    action: 'moveDns',
    options: { desired: 1, busy: false },
    prepare: async (its) => {
      await its.alone();
      its.fail(its.instances);
      await its.alone();
    },
    before: { seoul: 100, tokyo: 0 },
    after: { seoul: 0, tokyo: 100 },
    read: (moto, { policy }) => weightsNow(moto, policy),
  },
];

/** Whether this call writes for the service that suffers. */
export function isIts(its: Case, write: Write, call: WireCall): boolean {
  if (call.operation !== write.operation) return false;
  return call.service === 'route53'
    ? call.path.includes(its.policy.failover?.hostedZoneId ?? '')
    : call.region === HOME;
}
