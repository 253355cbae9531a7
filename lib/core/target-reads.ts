/** Where the sites of a policy stand, and how many target groups may be read in a region. */
import type { Policy, SiteName } from './model.ts';
import { intervalMsOf } from './targets.ts';

/**
 * "The token bucket size for non-mutating API actions is 40 tokens", refilled by ten a second, for each account and region, and
 * shared with whoever else reads there, people at the console among them:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html
 * Eight a second and not ten: the rest is other people's.
 */
export const TARGET_READS_PER_SECOND = 8;
/** As many as this many seconds bring may be read at once. */
export const READS_AT_ONCE_SECONDS = 5;
/** So many of them are left to the gate, which reads again what an action rests on. */
export const GATE_READS = 5;

/** Who has something under way gets at most this share of a round's reads: the others must not wait for ever. */
export const HURRIED_SHARE = 0.75;

/** Where a site stands, and what is read there. */
export interface Place {
  readonly region: string;
  readonly targetGroup: string | undefined;
  readonly group: string | undefined;
  readonly probe: string | undefined;
}

/** What the policy says of this site; one that it does not name stands where the service does. */
export function placeOf({ region, fleet, health, failover }: Policy, site: SiteName): Place {
  const own = failover?.[site];
  return {
    region: own?.region ?? region,
    targetGroup: own?.targetGroup ?? health?.targetGroup,
    group: site === 'primary' ? fleet?.autoScalingGroup : failover?.secondary.autoScalingGroup,
    probe: own?.probe,
  };
}

/** The regions in which a round over this service reads a target group, one for each read. */
export function regionsRead(policy: Policy): string[] {
  const sites: SiteName[] = policy.failover === undefined ? ['primary'] : ['primary', 'secondary'];
  return sites.map((site) => placeOf(policy, site)).flatMap((p) => (p.targetGroup === undefined ? [] : [p.region]));
}

/** So many target groups of a region are read in one round. */
export const READS_PER_ROUND = TARGET_READS_PER_SECOND * READS_AT_ONCE_SECONDS - GATE_READS;

/** How many reads of target groups these services want of each region within such a round's time, at most. */
export function readsAmong(policies: readonly Policy[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const policy of policies) {
    // Who is looked at more seldom is so at the same marks as others.
    const reads = Math.max(1, (1000 * READS_AT_ONCE_SECONDS) / intervalMsOf(policy));
    for (const region of regionsRead(policy)) counts.set(region, (counts.get(region) ?? 0) + reads);
  }
  return counts;
}

/** How long each of these services waits for its turn at most, whatever goes on at the others. */
export function mostWaitMs(policies: readonly Policy[]): number {
  const most = Math.max(0, ...readsAmong(policies).values());
  if (most <= READS_PER_ROUND) return 0;
  return 1000 * READS_AT_ONCE_SECONDS * Math.ceil(most / Math.floor((1 - HURRIED_SHARE) * READS_PER_ROUND));
}
