/** As whom the SDK clients of this process speak, and what moto lets them do. */
import { vi } from 'vitest';
import { STANDBY } from './lab.ts';
import type { Moto } from './moto.ts';

function keyOf(accessKeyId: string, secretAccessKey: string): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
}

const anyone = (): void => keyOf('AKIDEXAMPLE', 'not-a-secret');

/** Points the SDK at `url`, as somebody of whom nobody asks what he may do. */
export function speakTo(url: string): void {
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  vi.stubEnv('AWS_REGION', STANDBY);
  anyone();
}

/**
 * Runs `send` as a new user with this IAM policy, which moto enforces for the time being. Clients made inside find the
 * user's key in the environment.
 */
export async function asUser<T>(moto: Moto, statements: readonly object[], send: () => Promise<T>): Promise<T> {
  const UserName = `user-${Math.random().toString(36).slice(2)}`;
  const iam = (operation: string, args: object) => moto.boto('iam', STANDBY, operation, { UserName, ...args });
  await iam('create_user', {});
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  await iam('put_user_policy', { PolicyName: 'only', PolicyDocument });
  const { AccessKey } = await iam('create_access_key', {});
  await moto.admin('reset-auth', '0');
  keyOf(AccessKey.AccessKeyId, AccessKey.SecretAccessKey);
  try {
    return await send();
  } finally {
    anyone();
    await moto.admin('reset-auth', 'inf');
  }
}

/** Everything but this action. */
export const allBut = (action: string) => [
  { Effect: 'Allow', Action: '*', Resource: '*' },
  { Effect: 'Deny', Action: action, Resource: '*' },
];
