import type { FailoverPolicy, Policy, SitePolicy } from '../core/model.ts';
import type { Finding } from './problem.ts';
import { warnIf } from './warn.ts';

/**
 * What clients may still go by after a move: the docs advise a TTL of 60 s or less where records follow health.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html
 */
const TTL_SECONDS = 60;
/** Fewer missing rounds than this are a throttled call or two. */
const FEW_MISSING_ROUNDS = 3;

/** Warnings of `failover`. */
export function lintFailover(failover: FailoverPolicy, policy: Policy): Finding[] {
  return [
    ...lintSite(failover.primary, 'primary', failover),
    ...lintSite(failover.secondary, 'secondary', failover),
    ...lintStandby(failover, policy),
    ...lintTrip(failover),
    ...warnIf(
      failover.failback.mode === 'automatic' && failover.failback.afterHealthySeconds < TTL_SECONDS,
      ['failover', 'failback', 'afterHealthySeconds'],
      'FAILBACK_TOO_SOON',
      `found ${failover.failback.afterHealthySeconds}; it would move back before clients have noticed the first move (up to ${TTL_SECONDS} s to be in sync, and the TTL). Set 300`,
    ),
  ];
}

function lintSite(site: SitePolicy, name: 'primary' | 'secondary', { record }: FailoverPolicy): Finding[] {
  const path = ['failover', name, 'probe'];
  if (site.probe === undefined) {
    const message =
      'missing; when its region is lost, missing readings alone move nothing, so nobody would leave this site. Add a URL';
    return warnIf(true, path, 'NO_PROBE', message);
  }
  const { protocol, hostname } = new URL(site.probe);
  return [
    ...warnIf(
      protocol === 'http:',
      path,
      'PROBE_NOT_TLS',
      'found http; whoever sits in between can answer for the site, and an expired certificate goes unnoticed. Use https',
    ),
    ...warnIf(
      hostname.toLowerCase() === record.name.toLowerCase().replace(/\.$/, ''),
      path,
      'PROBE_FOLLOWS_RECORD',
      `found ${hostname}, the record that is moved; the probe would ask whichever site is active. Use a name of this site alone`,
    ),
  ];
}

function lintStandby({ primary, secondary }: FailoverPolicy, { region, fleet, notify }: Policy): Finding[] {
  const path = (key: string) => ['failover', 'secondary', key];
  return [
    ...warnIf(
      secondary.region === primary.region,
      path('region'),
      'SAME_REGION',
      `found ${secondary.region}, the primary's; when the region is lost, so is the standby. Use another region`,
    ),
    ...warnIf(
      primary.probe !== undefined && secondary.probe === primary.probe,
      path('probe'),
      'SAME_PROBE',
      "found the primary's; one answer cannot tell the two sites apart. Use a URL of the standby alone",
    ),
    ...warnIf(
      fleet !== undefined && secondary.autoScalingGroup === undefined,
      path('autoScalingGroup'),
      'STANDBY_NOT_RAISED',
      'missing; the standby is not raised to the capacity of the primary before the move and must carry all traffic at its own size. Name its group',
    ),
    ...warnIf(
      fleet === undefined && secondary.autoScalingGroup !== undefined,
      path('autoScalingGroup'),
      'STANDBY_WITHOUT_FLEET',
      'found a group, but no fleet; without the capacity of the primary there is nothing to raise it to. Add fleet, or remove it',
    ),
    ...warnIf(
      secondary.minReadyPercent === 0,
      path('minReadyPercent'),
      'ALWAYS_READY',
      'found 0; a standby without a single healthy target counts as ready. Set the share that can carry the traffic',
    ),
    ...warnIf(
      secondary.region !== region && notify?.topicArn.split(':')[3] === region,
      ['notify', 'topicArn'],
      'NOTIFY_IN_PRIMARY_REGION',
      `found a topic in ${region}; when that region is lost, so is the notification of it. Use a topic in ${secondary.region}`,
    ),
  ];
}

function lintTrip({ trip }: FailoverPolicy): Finding[] {
  return [
    ...warnIf(
      trip.healthyPercentBelow === 0,
      ['failover', 'trip', 'healthyPercentBelow'],
      'NEVER_TRIPS',
      'found 0; no share of healthy targets is below 0, so failing targets never move anything. Set 1 or more',
    ),
    ...warnIf(
      trip.healthyPercentBelow === 100,
      ['failover', 'trip', 'healthyPercentBelow'],
      'TRIPS_ON_ONE',
      'found 100; one failing target moves the whole service. Set it well below 100',
    ),
    ...warnIf(
      trip.missingRounds < FEW_MISSING_ROUNDS,
      ['failover', 'trip', 'missingRounds'],
      'FEW_MISSING_ROUNDS',
      `found ${trip.missingRounds}; a throttled call or two and one lost probe would move the service. Set ${FEW_MISSING_ROUNDS} or more`,
    ),
  ];
}
