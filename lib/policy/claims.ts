/** What a policy takes for itself: no two policies may steer the same thing. */
import type { Policy } from '../core/model.ts';
import { alarmName, EVENKEEL } from './alarm-name.ts';
import type { Path } from './problem.ts';
import { targetGroupName } from './rules.ts';

export interface Claim {
  /** Equal for the same thing. */
  readonly key: string;
  /** The thing in words. */
  readonly what: string;
  readonly path: Path;
  /** Of the error when another policy has it already. */
  readonly code: string;
}

/**
 * Service, groups, target groups (each per region, the standby's included), record and alarm names. Alarm names, because
 * service web with signal a-b and service web-a with signal b would share `evenkeel-<stage>-web-a-b-high`.
 */
export function claimsOf(policy: Policy): Claim[] {
  const { service, region, fleet, health, failover } = policy;
  const claims: Claim[] = [
    { key: `service ${service}`, what: `service ${service}`, path: ['service'], code: 'DUPLICATE_SERVICE' },
  ];
  if (fleet) claims.push(group(region, fleet.autoScalingGroup, ['fleet', 'autoScalingGroup']));
  if (health) claims.push(targetGroup(region, health.targetGroup, ['health', 'targetGroup']));
  if (failover) {
    const { primary, secondary, record, hostedZoneId } = failover;
    if (!health) claims.push(targetGroup(primary.region, primary.targetGroup, ['failover', 'primary', 'targetGroup']));
    claims.push(targetGroup(secondary.region, secondary.targetGroup, ['failover', 'secondary', 'targetGroup']));
    if (secondary.autoScalingGroup !== undefined) {
      claims.push(group(secondary.region, secondary.autoScalingGroup, ['failover', 'secondary', 'autoScalingGroup']));
    }
    const name = record.name.toLowerCase().replace(/\.$/, '');
    const key = `record ${hostedZoneId} ${name}`;
    const what = `record ${record.name} in zone ${hostedZoneId}`;
    claims.push({ key, what, path: ['failover', 'record', 'name'], code: 'DUPLICATE_RECORD' });
  }
  for (const [index, signal] of (policy.scaling?.signals ?? []).entries()) {
    const alarm = alarmName(`${EVENKEEL}-<stage>`, service, signal.name, 'high');
    const path = ['scaling', 'signals', index, 'name'];
    claims.push({ key: `alarm ${alarm}`, what: `alarm ${alarm}`, path, code: 'DUPLICATE_ALARM' });
  }
  return claims;
}

function group(region: string, name: string, path: Path): Claim {
  return { key: `group ${region} ${name}`, what: `group ${name} in ${region}`, path, code: 'DUPLICATE_GROUP' };
}

function targetGroup(region: string, nameOrArn: string, path: Path): Claim {
  const name = targetGroupName(nameOrArn);
  const what = `target group ${name} in ${region}`;
  return { key: `target group ${region} ${name}`, what, path, code: 'DUPLICATE_TARGET_GROUP' };
}
