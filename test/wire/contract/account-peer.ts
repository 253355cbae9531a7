/** Who plays the account that only the command line looks at, which the simulator does not: moto, with boto3 as the other client. */
import { IAMClient } from '@aws-sdk/client-iam';
import { vi } from 'vitest';
import { type AwsClients, awsClients } from '../../../lib/aws/clients.ts';
import { buildTargetGroup, HOME, STANDBY } from '../lab.ts';
import { startMoto } from '../moto.ts';
import { allBut, asUser, speakTo } from '../users.ts';

export interface Clients extends AwsClients {
  readonly iam: () => IAMClient;
}

/** A role with two inline policies and two attached ones, as boto3 made it. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly inline: readonly [string, string];
  readonly attached: readonly [string, string];
}

export interface AccountPeer {
  readonly name: 'moto';
  readonly clients: Clients;
  targetGroup(): Promise<string>;
  /** boto3's view of it. */
  targetGroupNow(arn: string): Promise<Readonly<Record<string, unknown>>>;
  /** The ARN of a topic, with or without somebody who has confirmed. */
  topic(listener: boolean): Promise<string>;
  /** A table of the state's keys, with or without TTL and point-in-time recovery; its name. */
  table(kept: boolean): Promise<string>;
  role(): Promise<Role>;
  /** Sends as somebody who may do everything but `action`. */
  denied<T>(action: string, send: (clients: Clients) => Promise<T>): Promise<T>;
}

/** What the role's policies say. */
export const DOCUMENT = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['sns:Publish'], Resource: ['arn:aws:sns:*:*:on call/é'] }],
};

const clientsNow = (): Clients => ({ ...awsClients(), iam: () => new IAMClient({ region: STANDBY, maxAttempts: 1 }) });

export async function accountPeer(): Promise<AccountPeer & { stop(): Promise<void> }> {
  const moto = await startMoto();
  speakTo(moto.url);
  let made = 0;
  const fresh = (what: string): string => {
    made += 1;
    return `${what}-${made}`;
  };
  const boto = (service: string, operation: string, args: object) =>
    moto.boto(service, STANDBY, operation, { ...args });
  return {
    name: 'moto',
    clients: clientsNow(),
    targetGroup: () => buildTargetGroup(moto, HOME, fresh('group')),
    async targetGroupNow(arn) {
      const seen = await moto.boto('elbv2', HOME, 'describe_target_groups', { TargetGroupArns: [arn] });
      return seen.TargetGroups[0];
    },
    async topic(listener) {
      const Name = fresh('topic');
      const { TopicArn } = await boto('sns', 'create_topic', { Name });
      if (!listener) return TopicArn;
      await boto('sqs', 'create_queue', { QueueName: Name });
      const Endpoint = `arn:aws:sqs:${STANDBY}:123456789012:${Name}`;
      await boto('sns', 'subscribe', { TopicArn, Protocol: 'sqs', Endpoint });
      return TopicArn;
    },
    async table(kept) {
      const TableName = fresh('table');
      await boto('dynamodb', 'create_table', {
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      });
      if (!kept) return TableName;
      const TimeToLiveSpecification = { Enabled: true, AttributeName: 'ttl' };
      await boto('dynamodb', 'update_time_to_live', { TableName, TimeToLiveSpecification });
      const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
      await boto('dynamodb', 'update_continuous_backups', { TableName, PointInTimeRecoverySpecification });
      return TableName;
    },
    async role() {
      const RoleName = fresh('role');
      const trust = JSON.stringify({ Version: '2012-10-17', Statement: [] });
      const { Role } = await boto('iam', 'create_role', { RoleName, AssumeRolePolicyDocument: trust });
      const PolicyDocument = JSON.stringify(DOCUMENT);
      const attach = async (): Promise<string> => {
        const { Policy } = await boto('iam', 'create_policy', { PolicyName: fresh('policy'), PolicyDocument });
        await boto('iam', 'attach_role_policy', { RoleName, PolicyArn: Policy.Arn });
        return Policy.Arn;
      };
      for (const PolicyName of ['one', 'two'])
        await boto('iam', 'put_role_policy', { RoleName, PolicyName, PolicyDocument });
      return { name: RoleName, arn: Role.Arn, inline: ['one', 'two'], attached: [await attach(), await attach()] };
    },
    denied: (action, send) => asUser(moto, allBut(action), () => send(clientsNow())),
    async stop() {
      vi.unstubAllEnvs();
      await moto.stop();
    },
  };
}
