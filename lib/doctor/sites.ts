/** What a policy names in an account, site by site. */
import type { Datapoint, DnsView, Policy, Reading, SiteName, TargetGroupView } from '../core/model.ts';
import type { Path } from '../policy/problem.ts';
import type { GroupView, TargetGroupSettings, TopicView } from './ports.ts';

/** A name of the policy, and the key that has it. */
interface Named {
  readonly name: string;
  readonly path: Path;
}

export interface Site {
  readonly site: SiteName;
  readonly region: string;
  readonly group: Named | undefined;
  readonly targetGroup: Named | undefined;
}

/** The sites of a policy, the primary first. */
export function sitesOf({ region, fleet, health, failover }: Policy): Site[] {
  const named = (name: string | undefined, ...path: string[]): Named | undefined =>
    name === undefined ? undefined : { name, path };
  const home =
    health === undefined
      ? named(failover?.primary.targetGroup, 'failover', 'primary', 'targetGroup')
      : named(health.targetGroup, 'health', 'targetGroup');
  const group = named(fleet?.autoScalingGroup, 'fleet', 'autoScalingGroup');
  const primary: Site = { site: 'primary', region, group, targetGroup: home };
  if (failover === undefined) return [primary];
  const { secondary } = failover;
  return [
    primary,
    {
      site: 'secondary',
      region: secondary.region,
      group: named(secondary.autoScalingGroup, 'failover', 'secondary', 'autoScalingGroup'),
      targetGroup: named(secondary.targetGroup, 'failover', 'secondary', 'targetGroup'),
    },
  ];
}

/** What was read of a site; `undefined` where the policy names nothing. */
export interface SiteView {
  readonly group: Reading<GroupView> | undefined;
  readonly targetGroup: Reading<TargetGroupSettings> | undefined;
  readonly targets: Reading<TargetGroupView> | undefined;
}

/** The controller, as it is deployed or will be. */
export interface ControllerPlace {
  readonly region: string;
  /** The name of the functions' role. */
  readonly role: string;
}

/** What was read for one service. */
export interface ServiceView {
  readonly primary: SiteView;
  readonly secondary: SiteView | undefined;
  /** Names of other scalers that are active on the fleet. */
  readonly scalers: Reading<readonly string[]> | undefined;
  /** Whether instance refreshes can be read in the fleet's region. */
  readonly refreshes: Reading<boolean> | undefined;
  /** One for each signal of the policy: its datapoints of the last hours. */
  readonly signals: readonly Reading<readonly Datapoint[]>[];
  readonly record: Reading<DnsView> | undefined;
  readonly topic: Reading<TopicView> | undefined;
}
