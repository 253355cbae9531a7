/**
 * How much of all this AWS and the controller take, asked before anything is deployed: what fails halfway there fails after
 * minutes, and in AWS's words.
 */
import type { Policy } from '../core/model.ts';
import type { Resources } from './template.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const RESOURCES_PER_STACK = 500;
const TEMPLATE_BYTES = 1_000_000;
/** Ten at first, twenty on request: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const POLICIES_PER_ROLE = 20;
/**
 * Route 53 is asked for ten records a round, twelve rounds a minute (lib/controller/slow.ts). Fewer than those 120, for a read
 * that fails, or comes late because its service waited for its turn, must not leave a reading too old to scale in by.
 */
const RECORDS_A_MINUTE = 110;
/** What the framework adds of its own: the functions with their logs, rules and permissions, role and bucket. */
export const FRAMEWORK_RESOURCES = 40;
const FRAMEWORK_BYTES = 60_000;

const WAY_OUT =
  'Give some of the services to a second controller: another clone of this repository with its own policies/, deployed with another --stage.';

/**
 * The resources, if a stack can hold them and a controller can look after them.
 * @param policies the services that they are for.
 * @throws Error that names what does not fit, its limit, and the way out.
 */
export function fitting(resources: Resources, policies: readonly Policy[]): Resources {
  const all = Object.values(resources);
  const counts: readonly (readonly [what: string, needed: number, whose: string, limit: number])[] = [
    [
      'records read once a minute',
      policies.filter(({ failover }) => failover !== undefined).length,
      'it reads',
      RECORDS_A_MINUTE,
    ],
    ['resources', all.length + FRAMEWORK_RESOURCES, 'AWS takes', RESOURCES_PER_STACK],
    ['bytes of template', Buffer.byteLength(JSON.stringify(resources)) + FRAMEWORK_BYTES, 'AWS takes', TEMPLATE_BYTES],
    [
      'managed policies on one role',
      all.filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy').length,
      'AWS takes',
      POLICIES_PER_ROLE,
    ],
  ];
  const broken = counts.filter(([, needed, , limit]) => needed > limit);
  if (broken.length === 0) return resources;
  const lines = broken.map(([what, needed, whose, limit]) => `${needed} ${what}, and ${whose} ${limit}`);
  throw new Error(
    `These policies are too many for one controller: ${policies.length} services need ${lines.join('; ')}. ${WAY_OUT}`,
  );
}

/** What people must ask AWS for before they deploy, or `null`. */
export function toAskFor(resources: Resources): string | null {
  const policies = Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy').length;
  if (policies <= POLICIES_PER_ROLE / 2) return null;
  return `The role needs ${policies} managed policies; AWS attaches ${POLICIES_PER_ROLE / 2} to a role until you ask for up to ${POLICIES_PER_ROLE} (Service Quotas, IAM, "Managed policies attached to an IAM role").`;
}
