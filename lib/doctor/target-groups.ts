/** Checks of target groups, and what `--fix` would set. */
import type { HealthPolicy, Policy, TargetGroupView } from '../core/model.ts';
import { type Finding, unread } from './finding.ts';
import type { CheckView, TargetGroupSettings } from './ports.ts';
import type { Site, SiteView } from './sites.ts';

/** The target group of one site. */
export function checkTargetGroup(policy: Policy, site: Site, view: SiteView): Finding[] {
  const { targetGroup: named, region } = site;
  const settings = view.targetGroup;
  if (named === undefined || settings === undefined) return [];
  const { name, path } = named;
  if (!settings.known) {
    if (settings.why === 'not-found') return [missing(site, name)];
    const actions = ['elasticloadbalancing:DescribeTargetGroups'];
    return [unread(settings, path, { what: `target group ${name} in ${region}`, actions })];
  }
  const refused = checkType(policy, site, settings.value);
  if (refused.length > 0) return refused;
  const targets = view.targets;
  const unseen =
    targets === undefined || targets.known
      ? []
      : [
          unread(targets, path, {
            what: `the targets of ${name}`,
            actions: ['elasticloadbalancing:DescribeTargetHealth'],
          }),
        ];
  const unused: Finding[] =
    settings.value.loadBalancers > 0
      ? []
      : [
          {
            code: 'TARGET_GROUP_UNUSED',
            severity: 'error',
            path,
            // "The target group is not used by any load balancer" (Target.NotInUse):
            // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
            found: `${name}, to which no load balancer sends traffic: its targets are not checked, so all of them are "unused" and none is ever healthy`,
            expected: 'a target group in a rule of a listener',
            wayOut: `aws elbv2 create-rule or modify-listener --region ${region}, with ${settings.value.arn} as its target group`,
          },
        ];
  const { health } = policy;
  const checksOf = site.site === 'primary' ? checkChecks : checkStandbyChecks;
  const checks = health === undefined ? [] : checksOf(health, settings.value, site);
  const idle = unused.length === 0 && targets?.known === true ? checkIdle(site, name, targets.value) : [];
  return [...unseen, ...unused, ...idle, ...checks];
}

/** "… or the target is in an Availability Zone that is not enabled for its load balancer", says the same page; or it is stopped. */
function checkIdle({ targetGroup, region }: Site, name: string, { targets }: TargetGroupView): Finding[] {
  const idle = targets.filter(({ state }) => state === 'unused');
  if (idle.length === 0) return [];
  return [
    {
      code: 'TARGETS_UNUSED',
      severity: 'warning',
      path: targetGroup?.path ?? [],
      found: `targets of ${name} that are not checked and get no traffic: ${idle.map(({ key, reason }) => (reason === undefined ? key : `${key} (${reason})`)).join(', ')}`,
      expected: 'targets that run, in a zone of the load balancer',
      wayOut: `start what is stopped; Target.NotInUse: aws elbv2 set-subnets --region ${region} adds their zone to the load balancer`,
    },
  ];
}

function missing({ targetGroup, region }: Site, name: string): Finding {
  return {
    code: 'TARGET_GROUP_MISSING',
    severity: 'error',
    path: targetGroup?.path ?? [],
    found: `no target group ${name} in ${region}`,
    expected: 'the name or ARN of one that exists',
    wayOut: `correct the name or the region; these exist: aws elbv2 describe-target-groups --region ${region} --query 'TargetGroups[].TargetGroupName'`,
  };
}

function checkType({ health }: Policy, site: Site, { name, targetType }: TargetGroupSettings): Finding[] {
  const path = site.targetGroup?.path ?? [];
  if (targetType === 'lambda' || targetType === 'alb') {
    return [
      {
        code: 'TARGET_TYPE_REFUSED',
        severity: 'error',
        path,
        found: `${name} with targets of type ${targetType}`,
        expected: 'type instance or ip',
        wayOut: 'name the target group that has the servers themselves',
      },
    ];
  }
  if (targetType !== 'ip' || site.site === 'secondary' || health?.onUnhealthy !== 'replace') return [];
  return [
    {
      code: 'TARGET_TYPE_REFUSED',
      severity: 'error',
      path: ['health', 'onUnhealthy'],
      found: `replace, but ${name} has targets of type ip, which belong to no Auto Scaling group`,
      expected: 'deregister',
      wayOut: 'set onUnhealthy: deregister, or register the instances by their ids in a target group of type instance',
    },
  ];
}

/** One setting that is not as the policy says. */
export interface Difference {
  readonly setting: keyof HealthPolicy['check'] | 'enabled';
  readonly found: string | number | boolean;
  readonly wanted: string | number | boolean;
}

/** The option of `aws elbv2 modify-target-group` for each setting. */
const OPTION: Readonly<Record<Difference['setting'], string>> = {
  enabled: '--health-check-enabled',
  path: '--health-check-path',
  intervalSeconds: '--health-check-interval-seconds',
  timeoutSeconds: '--health-check-timeout-seconds',
  healthyThreshold: '--healthy-threshold-count',
  unhealthyThreshold: '--unhealthy-threshold-count',
  matcher: '--matcher',
};

/**
 * What differs and can be set. Where the check asks for no path, or judges by other codes than HTTP's, those two are left
 * alone: port and protocol are not the policy's.
 */
export function differences(wanted: HealthPolicy['check'], found: CheckView): Difference[] {
  const off: Difference[] = found.enabled ? [] : [{ setting: 'enabled', found: false, wanted: true }];
  const settings = Object.keys(wanted) as (keyof HealthPolicy['check'])[];
  return [
    ...off,
    ...settings.flatMap((setting): Difference[] => {
      const is = found[setting];
      if (!asksHttp(found) && (setting === 'path' || setting === 'matcher')) return [];
      return is === undefined || is === wanted[setting] ? [] : [{ setting, found: is, wanted: wanted[setting] }];
    }),
  ];
}

/** TCP checks have no path; gRPC ones have, but it names a method, and other codes. */
function asksHttp({ path, matcher }: CheckView): boolean {
  return path !== undefined && matcher !== undefined;
}

/** The settings to send for these differences. */
export function settingsFor(changes: readonly Difference[]): Partial<CheckView> {
  return Object.fromEntries(changes.map(({ setting, wanted }) => [setting, wanted]));
}

/** The command that makes these changes. */
function commandFor(region: string, arn: string, changes: readonly Difference[]): string {
  const options = changes.map(({ setting, wanted }) => {
    if (setting === 'enabled') return OPTION.enabled;
    return `${OPTION[setting]} ${setting === 'matcher' ? `HttpCode=${wanted}` : wanted}`;
  });
  return `aws elbv2 modify-target-group --region ${region} --target-group-arn ${arn} ${options.join(' ')}`;
}

/** The standby's checks are no policy's, but by them the record moves there: a laxer one calls a broken standby ready. */
function checkStandbyChecks(
  { check }: HealthPolicy,
  { name, arn, check: found }: TargetGroupSettings,
  { region, targetGroup }: Site,
): Finding[] {
  const differing = differences(check, found);
  if (differing.length === 0) return [];
  const told = differing.map(({ setting, found: is, wanted }) => `${setting} ${is} instead of ${wanted}`);
  return [
    {
      code: 'STANDBY_CHECK_DIFFERS',
      severity: 'warning',
      path: targetGroup?.path ?? [],
      found: `that ${name} checks otherwise than the primary should (${told.join(', ')}): the record moves there by what this check says`,
      expected: 'what health.check says, unless the standby is another kind of service',
      wayOut: commandFor(region, arn, differing),
    },
  ];
}

function checkChecks(
  { check }: HealthPolicy,
  { name, arn, check: found }: TargetGroupSettings,
  { region }: Site,
): Finding[] {
  const differing = differences(check, found).map(
    (one): Finding => ({
      code: one.setting === 'enabled' ? 'CHECK_OFF' : 'CHECK_DIFFERS',
      severity: 'error',
      path: one.setting === 'enabled' ? ['health', 'check'] : ['health', 'check', one.setting],
      found: one.setting === 'enabled' ? `no health checks on ${name}` : `${one.found} on ${name}`,
      expected: one.setting === 'enabled' ? 'them enabled' : `${one.wanted}, as the policy says`,
      wayOut: commandFor(region, arn, [one]),
    }),
  );
  if (asksHttp(found)) return differing;
  const other: Finding = {
    code: 'CHECK_PROTOCOL',
    severity: 'warning',
    path: ['health', 'check'],
    found: `checks by ${found.protocol} on ${name}, ${found.path === undefined ? 'which ask for no path' : 'whose answers have no HTTP codes'}`,
    expected: `HTTP checks of ${check.path} that pass with ${check.matcher}`,
    wayOut: `aws elbv2 modify-target-group --region ${region} --target-group-arn ${arn} --health-check-protocol HTTP --health-check-path ${check.path} --matcher HttpCode=${check.matcher}`,
  };
  return [...differing, other];
}
