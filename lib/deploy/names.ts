/** Names that the deployed stack and the running controller must agree on. */

/** CloudWatch namespace of the controller's own metrics. */
export const METRIC_NAMESPACE = 'Evenkeel';

/** Counted once by every scheduled tick, with the one dimension `service` = the controller's name. */
export const HEARTBEAT = 'Heartbeat';

/** Healthy targets of a service's fleet at home, each round, with the dimensions `service` and `policy` = the service. */
export const HEALTHY_TARGETS = 'HealthyTargets';

/** The controller's own name: stack, table and the `service` dimension of its metrics. */
export function controllerName(stage: string): string {
  return `evenkeel-${stage}`;
}
