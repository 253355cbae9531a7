/** Checks of the record, of the standby, and of where the controller runs. */
import { activeByWeights, pairOf, printWeights } from '../core/dns.ts';
import type { DnsView, FailoverPolicy, Policy, RecordSet } from '../core/model.ts';
import { type Finding, unread } from './finding.ts';
import type { ServiceView, SiteView } from './sites.ts';

/**
 * "If you're creating records with health checks we recommend a TTL of 60 seconds or less":
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html
 */
const LONGEST_TTL_SECONDS = 60;
const RECORD = ['failover', 'record', 'name'];

/** @param controllerRegion where the controller runs. */
export function checkFailover(policy: Policy, view: ServiceView, controllerRegion: string): Finding[] {
  const { failover } = policy;
  if (failover === undefined) return [];
  return [
    ...checkController(failover, controllerRegion),
    ...checkRecord(failover, view),
    ...(view.secondary === undefined ? [] : checkStandby(policy, failover, view.primary, view.secondary)),
  ];
}

function checkController({ primary, secondary }: FailoverPolicy, controllerRegion: string): Finding[] {
  if (controllerRegion !== primary.region) return [];
  return [
    {
      code: 'CONTROLLER_IN_PRIMARY',
      severity: 'error',
      path: ['failover', 'primary', 'region'],
      found: `${primary.region}, where the controller runs too: when this region is lost, nobody moves the record`,
      expected: 'the controller in the region of the standby, or in a third one',
      wayOut: `npx serverless deploy --region ${secondary.region === primary.region ? 'ANOTHER' : secondary.region}; one that is deployed in ${primary.region} already is frozen first ({"order": "freeze"}) and removed afterwards, or two of them act (README, Moving to another region); if it is there already, tell doctor: --region`,
    },
  ];
}

function checkRecord(failover: FailoverPolicy, { record }: ServiceView): Finding[] {
  if (record === undefined) return [];
  const { hostedZoneId } = failover;
  const { name, type } = failover.record;
  const list = `aws route53 list-resource-record-sets --hosted-zone-id ${hostedZoneId} --start-record-name ${name} --max-items 5`;
  if (!record.known) {
    if (record.why !== 'not-found') {
      return [unread(record, RECORD, { what: `record ${name}`, actions: ['route53:ListResourceRecordSets'] })];
    }
    return [
      {
        code: 'ZONE_MISSING',
        severity: 'error',
        path: ['failover', 'hostedZoneId'],
        found: `no hosted zone ${hostedZoneId}`,
        expected: 'the id of one that exists',
        wayOut:
          "correct it; these exist: aws route53 list-hosted-zones --query 'HostedZones[].[Id,Name]' --output text",
      },
    ];
  }
  const { sets } = record.value;
  if (sets.length === 0) {
    return [
      {
        code: 'RECORD_MISSING',
        severity: 'error',
        path: RECORD,
        found: `no A, AAAA or CNAME record ${name} in zone ${hostedZoneId}`,
        expected: `two weighted ${type} records, ${failover.primary.setIdentifier} with all the weight and ${failover.secondary.setIdentifier} with 0`,
        wayOut: 'create them: aws route53 change-resource-record-sets, best as aliases with EvaluateTargetHealth',
      },
    ];
  }
  const pair = pairOf(failover, { dns: record }, record.atMs);
  if (!pair.ok) {
    return [
      {
        code: 'RECORD_REFUSED',
        severity: 'error',
        path: RECORD,
        found: `${sets.map(inWords).join(', ')}: ${pair.numbers.because ?? pair.reason}`,
        expected: `weighted sets ${failover.primary.setIdentifier} and ${failover.secondary.setIdentifier}, and no other of this name`,
        wayOut: `correct the identifiers in the policy, or the record; as it is: ${list}`,
      },
    ];
  }
  return [...checkWeights(failover, pair.weights), ...checkSets(record.value, list)];
}

function inWords({ type, setIdentifier, weight, routing }: RecordSet): string {
  const which = setIdentifier === undefined ? '' : ` ${setIdentifier}`;
  return `${type}${which} (${weight === undefined ? routing : `weight ${weight}`})`;
}

function checkWeights(failover: FailoverPolicy, weights: Readonly<Record<string, number>>): Finding[] {
  const { primary, secondary, record } = failover;
  const active = activeByWeights(failover, weights);
  if (active === 'primary') return [];
  const found = `weights ${printWeights(weights)}`;
  const set = `set the weight of ${primary.setIdentifier} to 100 and of ${secondary.setIdentifier} to 0`;
  if (active === 'secondary') {
    return [
      {
        code: 'WEIGHT_ON_SECONDARY',
        severity: 'warning',
        path: RECORD,
        found: `${found}: ${record.name} points to the secondary. Unless evenkeel moved it there, going back is left to a person`,
        expected: 'the weight on the primary',
        wayOut: `the order failback brings it home; before the first deployment, ${set}`,
      },
    ];
  }
  const zero = Object.values(weights).every((weight) => weight === 0);
  return [
    {
      code: zero ? 'WEIGHTS_ZERO' : 'WEIGHTS_SPLIT',
      severity: 'error',
      path: RECORD,
      // "traffic is routed to all resources with equal probability":
      // https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html (Weight)
      found: `${found}: both sites get traffic${zero ? ', for nobody has a weight' : ''}, and the record is taken for somebody else's and never moved (FOREIGN_DNS)`,
      expected: 'all the weight on one of them',
      wayOut: set,
    },
  ];
}

/** Their own name for a set: `A seoul`. */
const nameOf = ({ type, setIdentifier }: RecordSet): string => `${type} ${setIdentifier ?? ''}`;

function checkSets({ sets }: DnsView, list: string): Finding[] {
  const aliasOf = ({ raw }: RecordSet) => raw.AliasTarget as { readonly EvaluateTargetHealth?: boolean } | undefined;
  const blind = sets.filter((set) => aliasOf(set)?.EvaluateTargetHealth === false);
  const plain = sets.filter((set) => aliasOf(set) === undefined);
  const late = plain.filter(({ ttlSeconds }) => (ttlSeconds ?? 0) > LONGEST_TTL_SECONDS);
  const change = `aws route53 change-resource-record-sets; as they are: ${list}`;
  const findings: Finding[] = [];
  if (blind.length > 0) {
    findings.push({
      code: 'ALIAS_BLIND',
      severity: 'warning',
      path: RECORD,
      // "When EvaluateTargetHealth is true, an alias resource record set inherits the health of the referenced AWS
      // resource": https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
      found: `aliases without EvaluateTargetHealth (${blind.map(nameOf).join(', ')}): they do not fail over by themselves while nobody can move them`,
      expected: 'EvaluateTargetHealth: true on each',
      wayOut: change,
    });
  }
  if (late.length > 0) {
    findings.push({
      code: 'TTL_LONG',
      severity: 'warning',
      path: RECORD,
      found: `a TTL of ${late.map((set) => `${set.ttlSeconds} s on ${nameOf(set)}`).join(', ')}: clients may follow a move that much later`,
      expected: `${LONGEST_TTL_SECONDS} s or less on each`,
      wayOut: change,
    });
  }
  if (plain.length > 0) {
    findings.push({
      code: 'NO_ALIAS',
      severity: 'info',
      path: RECORD,
      found: `plain values (${plain.map(nameOf).join(', ')}), which only evenkeel moves, by Route 53's control plane in its one region`,
      expected: 'aliases to the load balancers with EvaluateTargetHealth, which fail over without anybody',
      wayOut: `if their targets are load balancers: ${change}`,
    });
  }
  return findings;
}

/** Whether the standby could take over. */
function checkStandby(policy: Policy, { secondary }: FailoverPolicy, home: SiteView, standby: SiteView): Finding[] {
  const { group, targets } = standby;
  const path = ['failover', 'secondary', 'minReadyPercent'];
  const healthy =
    targets?.known === true ? targets.value.targets.filter(({ state }) => state === 'healthy').length : null;
  const findings: Finding[] = [];
  if (healthy === 0) {
    const raised = group?.known === true && group.value.maxSize > 0;
    findings.push({
      code: 'STANDBY_EMPTY',
      severity: raised ? 'warning' : 'error',
      path: ['failover', 'secondary', 'targetGroup'],
      found: `no healthy target in ${secondary.targetGroup}: the record cannot move there${raised ? ' before its group has booted some' : ''}`,
      expected: 'at least one',
      wayOut: raised
        ? `aws autoscaling set-desired-capacity --region ${secondary.region} --auto-scaling-group-name ${secondary.autoScalingGroup} --desired-capacity 1`
        : 'start servers there, or name its group as secondary.autoScalingGroup',
    });
  }
  if (policy.fleet === undefined) return findings;
  const ready = (capacity: number): number => Math.ceil((capacity * secondary.minReadyPercent) / 100);
  const largest = policy.fleet.capacity.max;
  if (group?.known === true) {
    const { maxSize, name } = group.value;
    if (maxSize >= ready(largest)) return findings;
    const now = home.group?.known === true ? home.group.value.desired : 0;
    findings.push({
      code: 'STANDBY_SMALL',
      severity: maxSize < ready(now) ? 'error' : 'warning',
      path,
      found: `${secondary.minReadyPercent} % of up to ${largest} instances, but ${name} ends at ${maxSize}: a larger primary that is bad, but not lost, is not left`,
      expected: `a maximum of ${ready(largest)} or more`,
      wayOut: `aws autoscaling update-auto-scaling-group --region ${secondary.region} --auto-scaling-group-name ${name} --max-size ${ready(largest)}`,
    });
    return findings;
  }
  const desired = home.group?.known === true ? home.group.value.desired : null;
  if (secondary.autoScalingGroup !== undefined || desired === null || healthy === null || healthy === 0)
    return findings;
  if (healthy >= ready(desired)) return findings;
  findings.push({
    code: 'STANDBY_SMALL',
    severity: 'warning',
    path,
    found: `${healthy} healthy targets in ${secondary.targetGroup}, less than ${secondary.minReadyPercent} % of ${desired}, and no group to raise: a primary that is bad, but not lost, is not left`,
    expected: `${ready(desired)} or more`,
    wayOut: 'start servers there, lower minReadyPercent, or name its group as secondary.autoScalingGroup',
  });
  return findings;
}
