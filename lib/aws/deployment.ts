/** What was deployed, over IAM and DynamoDB. Only the command line uses it: no function may. */
import {
  DescribeContinuousBackupsCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
} from '@aws-sdk/client-iam';
import type { DeploymentPort } from '../doctor/ports.ts';
import { OF_A_PERSON } from './clients.ts';
import { calling, present } from './errors.ts';

/** IAM hands out documents with URL encoding: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html */
function parsed(document: string | undefined): unknown {
  return JSON.parse(decodeURIComponent(present(document, 'Document')));
}

async function inlineDocuments(client: IAMClient, RoleName: string): Promise<unknown[]> {
  const documents: unknown[] = [];
  for await (const page of paginateListRolePolicies({ client }, { RoleName })) {
    for (const PolicyName of present(page.PolicyNames, 'PolicyNames')) {
      const answer = await client.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      documents.push(parsed(answer.PolicyDocument));
    }
  }
  return documents;
}

async function attachedDocuments(client: IAMClient, RoleName: string): Promise<unknown[]> {
  const documents: unknown[] = [];
  for await (const page of paginateListAttachedRolePolicies({ client }, { RoleName })) {
    for (const { PolicyArn } of present(page.AttachedPolicies, 'AttachedPolicies')) {
      const { Policy } = await client.send(new GetPolicyCommand({ PolicyArn }));
      const VersionId = present(Policy?.DefaultVersionId, 'DefaultVersionId');
      const { PolicyVersion } = await client.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }));
      documents.push(parsed(PolicyVersion?.Document));
    }
  }
  return documents;
}

/**
 * @param home the controller's region, for the table; IAM is one for all regions, but for the partition that it names.
 * @param dynamoDb the DynamoDB client of that region.
 */
export function awsDeployment(home: string, dynamoDb: () => DynamoDBClient): DeploymentPort {
  const iam = new IAMClient({ ...OF_A_PERSON, region: home });
  return {
    role: (name) =>
      calling(`read role ${name}`, async () => {
        const { Role } = await iam.send(new GetRoleCommand({ RoleName: name }));
        const documents = [...(await inlineDocuments(iam, name)), ...(await attachedDocuments(iam, name))];
        return { arn: present(Role?.Arn, 'Arn'), documents };
      }),

    table: (name) =>
      calling(`read table ${name}`, async () => {
        const { TimeToLiveDescription: ttl } = await dynamoDb().send(
          new DescribeTimeToLiveCommand({ TableName: name }),
        );
        const backups = await dynamoDb().send(new DescribeContinuousBackupsCommand({ TableName: name }));
        const recovery =
          backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
        const isOn = ttl?.TimeToLiveStatus === 'ENABLED' || ttl?.TimeToLiveStatus === 'ENABLING';
        return { ttlAttribute: isOn ? (ttl.AttributeName ?? null) : null, pointInTimeRecovery: recovery === 'ENABLED' };
      }),
  };
}
