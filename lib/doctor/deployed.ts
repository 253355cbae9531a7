/** Checks of what was deployed. */
import type { Reading } from '../core/model.ts';
import { type Finding, unread } from './finding.ts';
import type { RoleView, TableView } from './ports.ts';

/** What was read of one stage. */
export interface Deployed {
  readonly stage: string;
  readonly roleName: string;
  readonly role: Reading<RoleView>;
  readonly tableName: string;
  readonly table: Reading<TableView>;
}

/** A permission that the role lacks. */
interface Lacking {
  readonly action: string;
  readonly resource: string;
}

const READS = [
  'iam:GetRole',
  'iam:ListRolePolicies',
  'iam:GetRolePolicy',
  'iam:ListAttachedRolePolicies',
  'iam:GetPolicy',
  'iam:GetPolicyVersion',
];

/** @param lacking what the role lacks of what one policy needs; it is asked only when the role is known. */
export function checkDeployed(deployed: Deployed, lacking: (role: RoleView) => readonly Lacking[]): Finding[] {
  const { stage, roleName, role, tableName, table } = deployed;
  const deploy = `npx serverless deploy --stage ${stage}`;
  const here = { path: [], expected: `stage ${stage} deployed as the policies are now`, wayOut: deploy };
  if (!role.known) {
    if (role.why === 'not-found') {
      return [{ ...here, code: 'NOT_DEPLOYED', severity: 'error', found: `no role ${roleName}` }];
    }
    return [unread(role, [], { what: `role ${roleName}`, actions: READS })];
  }
  const missing = lacking(role.value);
  const actions = [...new Set(missing.map(({ action }) => action))];
  const places = [...new Set(missing.map(({ resource }) => resource))];
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push({
      ...here,
      code: 'ROLE_LACKS',
      severity: 'error',
      found: `that ${roleName} may not ${actions.join(', ')} on ${places.join(', ')}`,
    });
  }
  return [...findings, ...checkTable(table, tableName, here)];
}

function checkTable(
  table: Reading<TableView>,
  name: string,
  here: Pick<Finding, 'path' | 'expected' | 'wayOut'>,
): Finding[] {
  if (!table.known) {
    if (table.why === 'not-found') {
      return [{ ...here, code: 'TABLE_MISSING', severity: 'error', found: `no table ${name}` }];
    }
    const actions = ['dynamodb:DescribeTimeToLive', 'dynamodb:DescribeContinuousBackups'];
    return [unread(table, [], { what: `table ${name}`, actions })];
  }
  const { ttlAttribute, pointInTimeRecovery } = table.value;
  const findings: Finding[] = [];
  if (ttlAttribute !== 'ttl') {
    const found = `table ${name}, where ${ttlAttribute === null ? 'nothing expires' : `items expire by ${ttlAttribute}`}: the decision log grows without end`;
    findings.push({ ...here, code: 'TABLE_GROWS', severity: 'warning', found });
  }
  if (!pointInTimeRecovery) {
    const found = `table ${name} without point-in-time recovery`;
    findings.push({ ...here, code: 'TABLE_NO_RECOVERY', severity: 'warning', found });
  }
  return findings;
}
