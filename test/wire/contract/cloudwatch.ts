/** How CloudWatch is asked, and how it says no: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html */
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { HOME } from '../lab.ts';
import type { Stage } from './peer.ts';

export const INVALID = { kind: 'bug', name: 'ValidationError', status: 400 } as const;
export const DENIED = { kind: 'Denied', name: 'AccessDenied', status: 403 } as const;

export const cloudWatch = (stage: Stage): CloudWatchClient => stage.clients.cloudWatch(HOME);
