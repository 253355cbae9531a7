/** Names that the deployed stack and the running controller must agree on. */
import { EVENKEEL } from '../policy/alarm-name.ts';

/** CloudWatch namespace of the controller's own metrics. */
export const METRIC_NAMESPACE = 'Evenkeel';

/** Counted once by every scheduled tick that finished a cycle, with the one dimension `service` = the controller's name. */
export const HEARTBEAT = 'Heartbeat';

/** The controller's own name: stack, table, the `service` dimension of its metrics, and what its alarms' names begin with. */
export function controllerName(stage: string): string {
  return `${EVENKEEL}-${stage}`;
}

/** The role of the functions, as the framework names it: getRoleName in osls' lib/plugins/aws/lib/naming.js. */
export function roleName(stage: string, region: string): string {
  return `${controllerName(stage)}-${region}-lambdaRole`;
}

/** The command that deploys the alarms of a region without the controller. */
export function outpostCommand(stage: string, region: string, home: string): string {
  return `npx serverless deploy --config serverless.outpost.yml --stage ${stage} --region ${region} --param controllerRegion=${home}`;
}

/**
 * Where packaging leaves the source maps. The framework clears `.serverless` whenever it packages, also the stack of another
 * region, and the build folder is cleared with every command: maps are needed for as long as what they map is deployed.
 */
export const SOURCE_MAPS = '.sourcemaps';
