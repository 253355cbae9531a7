/** What must hold between the parts of one policy. */
import type { RefinementCtx } from 'zod';
import { isForecast } from '../core/forecast-memory.ts';
import { TREND_MS } from '../core/trend.ts';
import { report } from './fields.ts';
import type { PolicyFile } from './schema.ts';

/** Reports every impossible combination of a policy whose fields are each valid. */
export function checkWhole(policy: PolicyFile, ctx: RefinementCtx): void {
  const { fleet, scaling, health, failover } = policy;
  if (!scaling && !health && !failover) {
    report(
      ctx,
      [],
      'NOTHING_TO_DO',
      'found none of scaling, health and failover; expected at least one, or it does nothing',
    );
  }
  if (scaling && !fleet) {
    report(ctx, ['scaling'], 'NEEDS_FLEET', 'found scaling without fleet; expected fleet, which says what to resize');
  }
  if (health?.onUnhealthy === 'replace' && !fleet) {
    const message = 'found replace without fleet; expected fleet, whose group replaces the instance, or deregister';
    report(ctx, ['health', 'onUnhealthy'], 'NEEDS_FLEET', message);
  }
  checkPoints(policy, ctx);
  checkForecast(policy, ctx);
  checkArnRegion(ctx, ['health', 'targetGroup'], health?.targetGroup, policy.region);
  checkArnRegion(ctx, ['failover', 'primary', 'targetGroup'], failover?.primary.targetGroup, policy.region);
  checkArnRegion(
    ctx,
    ['failover', 'secondary', 'targetGroup'],
    failover?.secondary.targetGroup,
    failover?.secondary.region,
  );
  checkSites(policy, ctx);
}

/** The datapoints of the stabilization window are kept with the service's state, which has to fit into an item of 400 KB. */
const MOST_POINTS = 2400;

function checkPoints({ scaling }: PolicyFile, ctx: RefinementCtx): void {
  if (!scaling) return;
  const { stabilizationSeconds } = scaling.scaleIn;
  const keptSeconds = Math.max(stabilizationSeconds, scaling.forecast?.trend === true ? TREND_MS / 1000 : 0);
  const periods = scaling.signals.map(({ metric }) => keptSeconds / (metric?.periodSeconds ?? 60));
  const points = periods.reduce((sum, each) => sum + Math.ceil(each), 0);
  if (points <= MOST_POINTS) return;
  const message = `found ${stabilizationSeconds}, in which the signals have ${points} datapoints; expected at most ${MOST_POINTS} of them: a shorter time, longer periods or fewer signals`;
  report(ctx, ['scaling', 'scaleIn', 'stabilizationSeconds'], 'TOO_MANY_DATAPOINTS', message);
}

/** A band says how many instances to add, not how much load there is: nothing can be foretold of it. */
function checkForecast({ scaling }: PolicyFile, ctx: RefinementCtx): void {
  if (scaling?.forecast === undefined) return;
  if (!scaling.signals.some(({ target, metric }) => isForecast(target, metric?.periodSeconds ?? 60))) {
    const message = 'found no signal that can be forecast; expected one with a target and a period of at most 300 s';
    report(ctx, ['scaling', 'forecast'], 'NOTHING_TO_FORECAST', message);
  }
}

/** One service is one fleet and one target group: the primary is what the rest of the policy names, the secondary is not. */
function checkSites({ region, fleet, health, failover }: PolicyFile, ctx: RefinementCtx): void {
  if (!failover) return;
  const { primary, secondary } = failover;
  if (primary.region !== region) {
    const message = `found ${primary.region}; expected ${region}, the region of the policy, where the primary is`;
    report(ctx, ['failover', 'primary', 'region'], 'PRIMARY_REGION', message);
  }
  if (health && primary.targetGroup !== health.targetGroup) {
    const message = `found ${primary.targetGroup}; expected ${health.targetGroup}, spelled as in health.targetGroup: one service has one target group`;
    report(ctx, ['failover', 'primary', 'targetGroup'], 'PRIMARY_TARGET_GROUP', message);
  }
  if (primary.setIdentifier === secondary.setIdentifier) {
    const message = `found ${secondary.setIdentifier}, which is also the primary's; expected another`;
    report(ctx, ['failover', 'secondary', 'setIdentifier'], 'SAME_SET_IDENTIFIER', message);
  }
  if (primary.region !== secondary.region) return;
  if (targetGroupName(primary.targetGroup) === targetGroupName(secondary.targetGroup)) {
    const message = `found ${secondary.targetGroup}, which is also the primary's; expected another, or there is nowhere to go`;
    report(ctx, ['failover', 'secondary', 'targetGroup'], 'SAME_SITE', message);
  }
  if (fleet && fleet.autoScalingGroup === secondary.autoScalingGroup) {
    const message = `found ${fleet.autoScalingGroup}, which is also the fleet; expected the standby's own group`;
    report(ctx, ['failover', 'secondary', 'autoScalingGroup'], 'SAME_SITE', message);
  }
}

function checkArnRegion(
  ctx: RefinementCtx,
  path: readonly string[],
  targetGroup: string | undefined,
  region: string | undefined,
): void {
  if (targetGroup === undefined || !targetGroup.startsWith('arn:')) return;
  const found = targetGroup.split(':')[3];
  if (found !== region) {
    report(
      ctx,
      path,
      'ARN_REGION',
      `found the ARN of a target group in ${found}; expected one in ${region}, the site's region`,
    );
  }
}

/** The name of a target group given by name or ARN: names are unique per region and account. */
export function targetGroupName(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? (nameOrArn.split('/')[1] ?? nameOrArn) : nameOrArn;
}
