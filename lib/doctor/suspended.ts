/** Suspended processes: what each of them breaks. */
import type { Policy } from '../core/model.ts';
import type { Finding, Severity } from './finding.ts';
import type { GroupView } from './ports.ts';
import type { Site } from './sites.ts';

interface Broken {
  readonly severity: Severity;
  readonly consequence: string;
}

interface Uses {
  readonly scales: boolean;
  readonly replaces: boolean;
  readonly balances: boolean;
}

/**
 * What breaks for a policy that uses the group like this; `undefined`: nothing that concerns it.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/understand-how-suspending-processes-affects-other-processes.html
 * AlarmNotification and ScheduledActions stop other scalers, which is how one would stop them; InstanceRefresh is nobody's here.
 */
const BROKEN: Readonly<Record<string, (uses: Uses) => Broken | undefined>> = {
  Launch: ({ scales, replaces }) =>
    scales || replaces
      ? {
          severity: 'error',
          consequence:
            'no instance is launched: nothing is scaled out, and what is replaced is terminated without a successor',
        }
      : undefined,
  Terminate: ({ scales, replaces }) =>
    scales || replaces
      ? { severity: 'error', consequence: 'no instance is terminated: nothing is scaled in, and nothing replaced' }
      : undefined,
  ReplaceUnhealthy: ({ replaces }) =>
    replaces
      ? {
          severity: 'error',
          consequence: 'what evenkeel reports unhealthy stays, out of the target group, and is not replaced',
        }
      : undefined,
  HealthCheck: () => ({
    severity: 'warning',
    consequence: 'the group does not notice an instance that died; only what evenkeel reports is replaced',
  }),
  AddToLoadBalancer: ({ balances }) =>
    balances
      ? {
          severity: 'error',
          consequence:
            'new instances are not registered with the target group, not even when it is resumed: register those by hand',
        }
      : undefined,
  AZRebalance: () => ({
    severity: 'info',
    consequence: 'instances stay unevenly spread over the zones after a zone was lost',
  }),
};

/** @param group of this site. */
export function checkSuspended({ scaling, health, failover }: Policy, site: Site, group: GroupView): Finding[] {
  const { group: named, region, targetGroup } = site;
  if (named === undefined) return [];
  const home = site.site === 'primary';
  const uses: Uses = {
    // The standby is raised before the record moves.
    scales: home ? scaling !== undefined : failover !== undefined,
    replaces: home && health?.onUnhealthy === 'replace',
    balances: targetGroup !== undefined,
  };
  return group.suspended.flatMap((process): Finding[] => {
    const broken = BROKEN[process]?.(uses);
    if (broken === undefined) return [];
    return [
      {
        code: 'PROCESS_SUSPENDED',
        severity: broken.severity,
        path: named.path,
        found: `process ${process} of ${named.name} suspended: ${broken.consequence}`,
        expected: 'it running',
        wayOut: `aws autoscaling resume-processes --region ${region} --auto-scaling-group-name ${named.name} --scaling-processes ${process}`,
      },
    ];
  });
}
