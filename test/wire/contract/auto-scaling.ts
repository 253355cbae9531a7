/** How Auto Scaling says no: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html */
import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { HOME } from '../lab.ts';
import type { Stage } from './peer.ts';

export const INVALID = { kind: 'bug', name: 'ValidationError', status: 400 } as const;
export const DENIED = { kind: 'Denied', name: 'AccessDenied', status: 403 } as const;
export const NO_GROUP = { kind: 'NotFound', name: 'ValidationError', status: 400, says: /not found/ } as const;

export const asg = (stage: Stage): AutoScalingClient => stage.clients.autoScaling(HOME);
