/** How Elastic Load Balancing is asked, and how it says no: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html */
import type { ElasticLoadBalancingV2Client, TargetDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { HOME } from '../lab.ts';
import type { Service, Stage } from './peer.ts';

export const INVALID = { kind: 'bug', name: 'ValidationError', status: 400 } as const;
export const DENIED = { kind: 'Denied', name: 'AccessDenied', status: 403 } as const;
export const NO_GROUP = { kind: 'NotFound', name: 'TargetGroupNotFoundException', status: 400 } as const;
/** "'…' is not a valid target group ARN": what does not even look like one names no group either. */
export const NO_ARN = { ...INVALID, kind: 'NotFound', says: /is not a valid target group ARN/ } as const;

export const elb = (stage: Stage): ElasticLoadBalancingV2Client => stage.clients.loadBalancing(HOME);

/** The ARN of a group that is not there. */
export const nowhere = ({ targetGroupArn }: Service): string =>
  targetGroupArn.replace(/[0-9a-f]{16}$/, '0000000000000000');

export async function targetsOf(stage: Stage, { targetGroupArn }: Service) {
  const command = new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn });
  return (await stage.answered(elb(stage).send(command))).TargetHealthDescriptions ?? [];
}

export const register = ({ targetGroupArn }: Pick<Service, 'targetGroupArn'>, ...Targets: TargetDescription[]) =>
  new RegisterTargetsCommand({ TargetGroupArn: targetGroupArn, Targets });

export const deregister = ({ targetGroupArn }: Pick<Service, 'targetGroupArn'>, ...Targets: TargetDescription[]) =>
  new DeregisterTargetsCommand({ TargetGroupArn: targetGroupArn, Targets });
