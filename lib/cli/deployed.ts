/** What `doctor --stage` looks at beside the account: the role, the table and the alarms of a deployed stage. */
import { awsAlarms } from '../aws/alarms.ts';
import type { AwsClients } from '../aws/clients.ts';
import { awsDeployment } from '../aws/deployment.ts';
import type { Policy } from '../core/model.ts';
import { alarmNames } from '../deploy/alarms.ts';
import { missingGrants } from '../deploy/grants.ts';
import { controllerName, outpostCommand, roleName } from '../deploy/names.ts';
import { commonStatements, policyStatements } from '../deploy/permissions.ts';
import { type AlarmsView, checkDeployed } from '../doctor/deployed.ts';
import type { Finding } from '../doctor/finding.ts';
import type { RoleView } from '../doctor/ports.ts';
import type { Read } from '../doctor/read.ts';

/** Reads it once, and answers for each policy what of it will not work. */
export async function deployedChecks(
  stage: string,
  region: string,
  clients: AwsClients,
  read: Read,
  policies: readonly Policy[],
): Promise<(policy: Policy) => Finding[]> {
  const port = awsDeployment(region, clients.dynamoDb);
  const names = { roleName: roleName(stage, region), tableName: controllerName(stage) };
  const [role, table, alarmsOf] = await Promise.all([
    read(() => port.role(names.roleName)),
    read(() => port.table(names.tableName)),
    alarmsRead(stage, region, clients, read, policies),
  ]);
  return (policy) => {
    const lacking = ({ arn, documents }: RoleView) => {
      const [, partition = 'aws', , , account = ''] = arn.split(':');
      const tableArn = `arn:${partition}:dynamodb:${region}:${account}:table/${names.tableName}`;
      return missingGrants([...commonStatements(), ...policyStatements([policy])], documents, arn, tableArn);
    };
    return checkDeployed({ stage, ...names, role, table }, lacking, alarmsOf(policy));
  };
}

/** Asks each region once for the alarms of all services there. */
async function alarmsRead(
  stage: string,
  home: string,
  clients: AwsClients,
  read: Read,
  policies: readonly Policy[],
): Promise<(policy: Policy) => AlarmsView[]> {
  const port = awsAlarms(clients.cloudWatch);
  const namesOf = (policy: Policy) => alarmNames(policy, { name: controllerName(stage), region: home });
  const all = Map.groupBy(
    policies.flatMap((policy) => [...namesOf(policy)]),
    ([region]) => region,
  );
  const asked = [...all].map(async ([region, some]) => {
    const names = some.flatMap(([, expected]) => expected);
    return [region, await read(() => port.states(region, names))] as const;
  });
  const there = new Map(await Promise.all(asked));
  return (policy) =>
    [...namesOf(policy)].flatMap(([region, expected]) => {
      const deploy = region === home ? `npx serverless deploy --stage ${stage}` : outpostCommand(stage, region, home);
      const reading = there.get(region);
      return reading === undefined ? [] : [{ region, expected, there: reading, deploy }];
    });
}
