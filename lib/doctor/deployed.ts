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

/** The alarms of one service in one region. */
export interface AlarmsView {
  readonly region: string;
  /** Names as the policy gives them. */
  readonly expected: readonly string[];
  /** Those of them, and of other services, that are there. */
  readonly there: Reading<ReadonlyMap<string, unknown>>;
  /** The command that deploys them. */
  readonly deploy: string;
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

/**
 * @param lacking what the role lacks of what one policy needs; it is asked only when the role is known.
 * @param alarms those of that policy.
 */
export function checkDeployed(
  deployed: Deployed,
  lacking: (role: RoleView) => readonly Lacking[],
  alarms: readonly AlarmsView[],
): Finding[] {
  const { stage, roleName, role, tableName, table } = deployed;
  const deploy = `npx serverless deploy --stage ${stage}`;
  const here = { path: [], expected: `stage ${stage} deployed as the policies are now`, wayOut: deploy };
  if (!role.known && role.why === 'not-found') {
    return [{ ...here, code: 'NOT_DEPLOYED', severity: 'error', found: `no role ${roleName}` }];
  }
  const others = alarms.flatMap((one) => checkAlarms(one, here.expected));
  if (!role.known) return [unread(role, [], { what: `role ${roleName}`, actions: READS }), ...others];
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
  return [...findings, ...checkTable(table, tableName, here), ...others];
}

/** By their names, which tells a stack that is not there or older than the policy; not by their thresholds. */
function checkAlarms({ region, expected: names, there, deploy }: AlarmsView, expected: string): Finding[] {
  if (!there.known) {
    return [unread(there, [], { what: `the alarms in ${region}`, actions: ['cloudwatch:DescribeAlarms'] })];
  }
  if (names.every((name) => there.value.has(name))) return [];
  return [
    {
      code: 'ALARMS_MISSING',
      severity: 'warning',
      path: [],
      found: `that alarms of it are not in ${region}: the stack there is missing, or older than the policy`,
      expected,
      wayOut: deploy,
    },
  ];
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
