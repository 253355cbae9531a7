/** Every reason code, in one place: what it means, what it says, and whether it wakes a person (once per incident). */
import type { Area, Decision, Numbers } from './model.ts';

interface Reason {
  readonly areas: readonly Area[];
  /** One sentence for the README's table and for `explain`. */
  readonly meaning: string;
  /** What the decision says; `{name}` is replaced by the number of that name. */
  readonly says: string;
  readonly notify?: true;
}

const ALL: readonly Area[] = ['scaling', 'health', 'failover'];

const SCALING = {
  STEADY: {
    areas: ['scaling'],
    meaning: 'The signals ask for the capacity that is already desired.',
    says: 'steady at {desired}: the signals ask for {need}',
  },
  SCALE_OUT: {
    areas: ['scaling'],
    meaning: 'The largest need of all signals is above the desired capacity.',
    says: 'scale out from {desired} to {to}: {signal} needs {need}',
  },
  SCALE_IN: {
    areas: ['scaling'],
    meaning: 'Every signal needed less over the whole stabilization window and no interlock stands.',
    says: 'scale in from {desired} to {to}: no signal needed more than {need} for {windowSeconds} s',
  },
  BELOW_MINIMUM: {
    areas: ['scaling'],
    meaning: 'Desired capacity is below the lower bound; it is raised whatever the signals say.',
    says: 'raise from {desired} to {to}: the lower bound is {lower}',
  },
  ABOVE_MAXIMUM: {
    areas: ['scaling'],
    meaning: 'Desired capacity is above the upper bound; it is lowered step by step under the rules of scaling in.',
    says: 'lower from {desired} to {to}: the upper bound is {upper}',
  },
  AT_MAXIMUM: {
    areas: ['scaling'],
    meaning: 'The signals need more than the upper bound allows.',
    says: 'need {need}, but the upper bound is {upper}',
    notify: true,
  },
  AT_MINIMUM: {
    areas: ['scaling'],
    meaning: 'The signals need less than the lower bound.',
    says: 'need {need}, kept at the lower bound {lower}',
  },
  COOLDOWN: {
    areas: ['scaling'],
    meaning: 'The last scale-out is younger than `scaleOut.cooldownSeconds`.',
    says: 'need {need} above {desired}, waiting {waitSeconds} s more since the last scale-out',
  },
  STABILIZING: {
    areas: ['scaling'],
    meaning: 'Not every datapoint of the stabilization window, later than the last change, agrees to scale in.',
    says: 'need {need} below {desired}, but the window of {windowSeconds} s asks for {windowNeed} on {points} of {pointsNeeded} datapoints',
  },
  SIGNAL_MISSING: {
    areas: ['scaling'],
    meaning: 'A signal has no fresh datapoint: nothing is scaled in, and out only on what other signals say.',
    says: 'no fresh datapoint of {missing}: hold at {desired}',
  },
  SIGNAL_MISSING_OUT: {
    areas: ['scaling'],
    meaning: 'A signal with `onMissing: scaleOut` has no fresh datapoint: one step out, once per incident.',
    says: 'no fresh datapoint of {missing}: one step out from {desired} to {to}',
    notify: true,
  },
  INSTANCES_PENDING: {
    areas: ['scaling'],
    meaning: 'No scale-in while instances are on their way.',
    says: 'need {need} below {desired}, but {pending} instances are on their way',
  },
  INSTANCES_WARMING: {
    areas: ['scaling', 'health'],
    meaning: 'An instance is younger than `warmupSeconds`: no scale-in, and its target is not ejected yet.',
    says: '{warming} instances are still warming up',
  },
  INSTANCES_TERMINATING: {
    areas: ['scaling'],
    meaning: 'No scale-in while instances are terminating.',
    says: 'need {need} below {desired}, but {terminating} instances are terminating',
  },
  TARGETS_FAILING: {
    areas: ['scaling'],
    meaning: 'No scale-in while a target is failing, ejected or draining.',
    says: 'need {need} below {desired}, but {troubled} targets are failing, ejected or draining',
  },
  FAILED_OVER: {
    areas: ['scaling'],
    meaning: 'No scale-in of the primary while the service is not on it.',
    says: 'need {need} below {desired}, but the service is failed over',
  },
  OTHER_SCALER: {
    areas: ['scaling'],
    meaning: 'No scale-in while another scaler (policy, schedule, predictive scaling) is active on the group.',
    says: 'need {need} below {desired}, but another scaler is active: {scalers}',
    notify: true,
  },
  OTHER_SCALER_UNKNOWN: {
    areas: ['scaling'],
    meaning: 'No scale-in while the other scalers of the group cannot be read.',
    says: 'need {need} below {desired}, but whether another scaler is active cannot be read',
  },
  BOUNDS_CONFLICT: {
    areas: ['scaling'],
    meaning: 'The largest minimum is above the smallest maximum of policy, group and order.',
    says: 'no capacity fits: lower bound {lower}, upper bound {upper}',
    notify: true,
  },
  CAPACITY_ORDER: {
    areas: ['scaling'],
    meaning: 'A capacity ordered by hand is a floor until it expires.',
    says: 'raise from {desired} to {to}: ordered by hand',
  },
  UNPARK: {
    areas: ['scaling'],
    meaning: 'The service was released: the group gets back the size it had.',
    says: 'restore the group to minimum {minSize} and desired {to}',
  },
} satisfies Record<string, Reason>;

const HEALTH = {
  HEALTHY: { areas: ['health'], meaning: 'No target fails.', says: '{healthy} of {expected} targets healthy, none failing' },
  NO_TARGETS: {
    areas: ['health'],
    meaning: 'The target group has no target.',
    says: 'the target group is empty, {expected} expected',
    notify: true,
  },
  WATCHING: {
    areas: ['health'],
    meaning: 'A target fails, but not yet for `rounds.unhealthy` rounds.',
    says: '{failing} targets failing, {rounds} rounds needed before one is believed',
  },
  EJECT: {
    areas: ['health'],
    meaning: 'The target failed its rounds: it is deregistered.',
    says: 'eject {target} after {rounds} failing rounds; {healthy} of {expected} stay healthy',
    notify: true,
  },
  REPLACE: {
    areas: ['health'],
    meaning: 'The instance of an ejected target is reported unhealthy to its group, which replaces it.',
    says: 'replace {instance}, whose target was ejected',
    notify: true,
  },
  READMIT: {
    areas: ['health'],
    meaning: 'The back-off of a target that we ejected is over: it is registered again and must pass its checks.',
    says: 'readmit {target} after {waitedSeconds} s, ejected {times} times',
  },
  BACKOFF: {
    areas: ['health'],
    meaning: 'An ejected target waits for its readmission or its replacement.',
    says: '{ejected} targets ejected, the next may return in {waitSeconds} s',
  },
  ALLOWANCE: {
    areas: ['health'],
    meaning: 'More targets fail than `maxEjectedPercent` allows to be out.',
    says: '{failing} targets failing, but {ejected} of {allowance} allowed are out already',
    notify: true,
  },
  MIN_HEALTHY: {
    areas: ['health'],
    meaning: 'Fewer than `minHealthy` targets are healthy: nothing is taken out.',
    says: '{failing} targets failing, but only {healthy} healthy, {minHealthy} wanted',
    notify: true,
  },
  PANIC: {
    areas: ['health'],
    meaning: 'So much fails that it is not the targets that are broken: none is ejected, failover decides.',
    says: 'panic: {failing} failing and {ejected} ejected of {expected}, {healthy} healthy; ejecting none',
    notify: true,
  },
  PANIC_REPLACE: {
    areas: ['health'],
    meaning: 'In panic without a usable standby, or failed over: one target at a time is replaced so that the site heals.',
    says: 'panic: replace {target} alone, {healthy} of {expected} healthy',
    notify: true,
  },
  REPLACE_BLOCKED: {
    areas: ['health'],
    meaning: 'The instance may not be replaced: not in service in the group, protected, or a process is suspended.',
    says: '{target} fails, but {instance} cannot be replaced: {because}',
    notify: true,
  },
  REPLACE_BUDGET: {
    areas: ['health'],
    meaning: '`replacedPer5Minutes` of this service is used up.',
    says: '{target} fails, but {replaced} of {limit} replacements in 5 minutes are used',
    notify: true,
  },
  ACCOUNT_BUDGET: {
    areas: ['health', 'failover'],
    meaning: 'The limit over all services (3 replacements in 5 minutes, 2 automatic failbacks at once) is used up.',
    says: 'the limit over all services is used up: {used} of {limit}',
    notify: true,
  },
  TARGETS_MISSING: {
    areas: ['scaling', 'health'],
    meaning: 'The targets cannot be read. Missing alone never ejects and never scales in.',
    says: 'the targets cannot be read ({why}): nothing is concluded from that',
  },
  GROUP_REFUSED: {
    areas: ['health'],
    meaning: 'Target groups of type `lambda` and `alb` have no servers to take out, and `replace` needs instances.',
    says: 'a target group of type {targetType} cannot be served with onUnhealthy {onUnhealthy}',
    notify: true,
  },
} satisfies Record<string, Reason>;

const FAILOVER = {
  ON_PRIMARY: {
    areas: ['failover'],
    meaning: 'The record points to the primary, which is good enough.',
    says: 'on the primary: {healthy} of {total} healthy',
  },
  ON_SECONDARY: {
    areas: ['failover'],
    meaning: 'The record points to the secondary and the primary is not good yet.',
    says: 'on the secondary: {healthy} of {total} healthy; the primary is not good yet',
  },
  WATCHING_SITE: {
    areas: ['failover'],
    meaning: 'The active site is below its threshold or cannot be read, but not yet for its rounds.',
    says: 'the {active} is in doubt: {bad} of {rounds} bad rounds, {missing} of {missingRounds} missing rounds',
  },
  SITE_MISSING: {
    areas: ['failover'],
    meaning: 'The active site cannot be read, but its probe passes or is unknown: missing alone moves nothing.',
    says: 'the {active} cannot be read for {missing} rounds, its probe {probe}: stay',
  },
  TRIP: {
    areas: ['failover'],
    meaning: 'The active site is bad and the other is good: the record moves.',
    says: 'move {record} to the {to}: the {active} has {healthy} of {total} healthy, the {to} has {otherHealthy}',
    notify: true,
  },
  STANDBY_SMALL: {
    areas: ['failover'],
    meaning: 'The active site is lost: the record moves although the other is smaller than `minReadyPercent`.',
    says: 'move {record} to the {to}, which has only {otherHealthy} of {wanted} wanted: the {active} is lost',
    notify: true,
  },
  STANDBY_NOT_READY: {
    areas: ['failover'],
    meaning: 'The active site is bad, not lost, and the other has not reached `minReadyPercent` yet.',
    says: 'the {active} is bad, but the {to} has {otherHealthy} of {wanted} wanted: waiting for it',
    notify: true,
  },
  BOTH_BAD: {
    areas: ['failover'],
    meaning: 'Both sites are bad: staying is better than moving from one outage to another.',
    says: 'both sites are bad: {active} {healthy} of {total}, other {otherHealthy}; staying',
    notify: true,
  },
  OTHER_UNKNOWN: {
    areas: ['failover'],
    meaning: 'The active site is bad, but the other is not known to be good.',
    says: 'the {active} is bad, but the {to} is not known to be good ({otherGood} of {rounds} good rounds): staying',
    notify: true,
  },
  RAISE_STANDBY: {
    areas: ['failover'],
    meaning: 'At the first bad round the standby is raised to the capacity of the primary.',
    says: 'raise the standby from {from} to {to} while the primary is in doubt',
    notify: true,
  },
  RESTORE_STANDBY: {
    areas: ['failover'],
    meaning: 'The primary has been good for the failback wait: the standby gets back the size it had before we raised it.',
    says: 'return the standby from {from} to {to}',
  },
  MOVING: {
    areas: ['failover'],
    meaning: 'A record change is on its way to INSYNC.',
    says: 'moving to the {to}: waiting {waitedSeconds} s for INSYNC',
  },
  MOVED: {
    areas: ['failover'],
    meaning: 'The record change is INSYNC.',
    says: 'now on the {to}: the change is INSYNC',
    notify: true,
  },
  FAILBACK: {
    areas: ['failover'],
    meaning: 'The primary was good for the whole wait and has the capacity: the record moves back.',
    says: 'fail back to the primary: good for {goodSeconds} s, {healthy} healthy',
    notify: true,
  },
  FAILBACK_WAIT: {
    areas: ['failover'],
    meaning: 'The primary is good, but not yet for `afterHealthySeconds` (doubled by every relapse).',
    says: 'the primary is good for {goodSeconds} of {waitSeconds} s',
  },
  FAILBACK_CAPACITY: {
    areas: ['failover'],
    meaning: 'The primary is good, but has less healthy capacity than the secondary now carries.',
    says: 'the primary has {healthy} healthy, the secondary carries {wanted}',
  },
  FAILBACK_MANUAL: {
    areas: ['failover'],
    meaning: 'The primary is good; failing back is left to a person (`failback.mode: manual`, or moved by hand).',
    says: 'the primary is good for {goodSeconds} s; fail back by hand: {{"order": "failback"}}',
    notify: true,
  },
  FAILBACK_BUDGET: {
    areas: ['failover'],
    meaning: '`failbacksPerHour` is used up.',
    says: '{used} of {limit} failbacks in this hour are used',
    notify: true,
  },
  ORDERED: {
    areas: ['failover'],
    meaning: 'A move ordered by hand.',
    says: 'move {record} to the {to}: ordered by hand; it has {otherHealthy} healthy',
    notify: true,
  },
  DNS_MISSING: {
    areas: ['failover'],
    meaning: 'The record has not been read in the last five minutes: nothing can be moved.',
    says: 'the record cannot be read ({why})',
  },
  DNS_REFUSED: {
    areas: ['failover'],
    meaning: 'The record sets of the name are not the weighted pair that the policy names.',
    says: 'the record sets cannot be moved: {because}',
    notify: true,
  },
  FOREIGN_DNS: {
    areas: ['failover'],
    meaning: 'Somebody else set the weights: hold until they are back or `release` adopts them.',
    says: 'the weights are {found}, not {expected}: somebody else set them; release adopts them',
    notify: true,
  },
} satisfies Record<string, Reason>;

const SHARED = {
  NOT_CONFIGURED: { areas: ALL, meaning: 'The policy has no such section.', says: 'not configured' },
  PENDING: {
    areas: ALL,
    meaning: 'An action was sent and is not confirmed by an observation yet.',
    says: 'waiting for {kind} to be confirmed',
  },
  FLEET_MISSING: {
    areas: ['scaling', 'health'],
    meaning: 'The group cannot be read: nothing is concluded from that.',
    says: 'the group cannot be read ({why})',
  },
  FLEET_REFUSED: {
    areas: ['scaling', 'health'],
    meaning: 'The group cannot be steered by instance counts: weighted, in other units, or owned by an operator.',
    says: 'the group cannot be steered: {because}',
    notify: true,
  },
  DEPLOYMENT: {
    areas: ALL,
    meaning: 'Instance refresh, lifecycle wait, standby or zonal shift: nothing destructive unless the site is lost.',
    says: 'a deployment is under way ({what}): nothing destructive',
  },
  DEPLOYMENT_UNKNOWN: {
    areas: ALL,
    meaning: 'Whether a deployment runs cannot be read: nothing destructive unless the site is lost.',
    says: 'whether a deployment runs cannot be read: nothing destructive',
  },
  PARKED: {
    areas: ALL,
    meaning: 'Parked by hand (capacity 0): desired 0 until `release`, and nothing else moves.',
    says: 'parked by hand',
  },
} satisfies Record<string, Reason>;

/** All reason codes. */
export const REASONS = { ...SCALING, ...HEALTH, ...FAILOVER, ...SHARED };

export type ReasonCode = keyof typeof REASONS;

/** The table entry of a code. */
export function reasonOf(code: ReasonCode): Reason {
  return REASONS[code];
}

/** Fills `{name}` from the numbers; `{{` and `}}` stand for braces. */
function fill(template: string, numbers: Numbers): string {
  return template.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name: string | undefined) =>
    name === undefined ? found.slice(1) : String(numbers[name] ?? 'unknown'),
  );
}

/** The decision in one line. */
export function messageOf(decision: Pick<Decision, 'reason' | 'numbers'>): string {
  return fill(reasonOf(decision.reason).says, decision.numbers);
}
