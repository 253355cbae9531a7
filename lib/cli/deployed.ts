/** What `doctor --stage` looks at beside the account: the role and the table of a deployed stage. */
import type { AwsClients } from '../aws/clients.ts';
import { awsDeployment } from '../aws/deployment.ts';
import type { Policy } from '../core/model.ts';
import { missingGrants } from '../deploy/grants.ts';
import { controllerName, roleName } from '../deploy/names.ts';
import { commonStatements, policyStatements } from '../deploy/permissions.ts';
import { checkDeployed } from '../doctor/deployed.ts';
import type { Finding } from '../doctor/finding.ts';
import type { Read } from '../doctor/read.ts';

/** Reads it once, and answers for each policy what of it will not work. */
export async function deployedChecks(
  stage: string,
  region: string,
  clients: AwsClients,
  read: Read,
): Promise<(policy: Policy) => Finding[]> {
  const port = awsDeployment(region, clients.dynamoDb);
  const names = { roleName: roleName(stage, region), tableName: controllerName(stage) };
  const [role, table] = await Promise.all([
    read(() => port.role(names.roleName)),
    read(() => port.table(names.tableName)),
  ]);
  return (policy) =>
    checkDeployed({ stage, ...names, role, table }, ({ arn, documents }) => {
      const [, partition = 'aws', , , account = ''] = arn.split(':');
      const tableArn = `arn:${partition}:dynamodb:${region}:${account}:table/${names.tableName}`;
      return missingGrants([...commonStatements(), ...policyStatements([policy])], documents, arn, tableArn);
    });
}
