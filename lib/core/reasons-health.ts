/** Reason codes of health. */
import type { Reason } from './reason.ts';

export const HEALTH = {
  HEALTHY: {
    areas: ['health'],
    meaning: 'No target fails.',
    says: '{healthy} of {expected} targets healthy, none failing',
  },
  NO_TARGETS: {
    areas: ['health'],
    meaning: 'The target group has no target.',
    says: 'the target group is empty, {expected} expected',
    notify: 'at once',
  },
  WATCHING: {
    areas: ['health'],
    meaning: 'A target fails, but not yet for `rounds.unhealthy` rounds.',
    says: 'targets failing: {failing}; {rounds} rounds needed before one is believed',
  },
  LIVE_DRILL: {
    areas: ['health'],
    meaning: 'Targets only seem to fail, in a live drill of `targets-fail`: failover answers, and none is taken out.',
    says: 'targets that only seem to fail, in a live drill: {failing}; none is taken out',
  },
  EJECT: {
    areas: ['health'],
    meaning: 'The target failed its rounds: it is deregistered.',
    says: 'eject {target}, which failed its {rounds} rounds; {healthy} of {expected} stay healthy',
    notify: 'at once',
  },
  REPLACE: {
    areas: ['health'],
    meaning: 'The instance of an ejected target is reported unhealthy to its group, which replaces it.',
    says: 'replace {instance}, whose target was ejected',
    notify: 'at once',
  },
  READMIT: {
    areas: ['health'],
    meaning: 'The back-off of a target that we ejected is over: it is registered again and must pass its checks.',
    says: 'readmit {target}, {waitedSeconds} s after ejection number {times}',
  },
  BACKOFF: {
    areas: ['health'],
    meaning: 'An ejected target waits for its readmission or its replacement.',
    says: 'targets ejected: {ejected}, the next may return in {waitSeconds} s',
  },
  ALLOWANCE: {
    areas: ['health'],
    meaning: 'More targets fail than `maxEjectedPercent` allows to be out.',
    says: 'targets failing: {failing}, but {ejected} of {allowance} allowed are out already',
    notify: 'at once',
  },
  MIN_HEALTHY: {
    areas: ['health'],
    meaning: 'Fewer than `minHealthy` targets are healthy: nothing is taken out.',
    says: 'targets failing: {failing}, but only {healthy} healthy, {minHealthy} wanted',
    notify: 'at once',
  },
  PANIC: {
    areas: ['health'],
    meaning:
      'So much fails that it is not the targets that are broken: none is ejected, and failover moves if the site is bad.',
    says: 'panic: {failing} failing and {ejected} ejected of {expected}, {healthy} healthy; ejecting none',
    notify: 'at once',
  },
  PANIC_REPLACE: {
    areas: ['health'],
    meaning:
      'In panic that failover does not answer (no usable standby, failed over, site not bad): one at a time is replaced.',
    says: 'panic: replace {target} alone, {healthy} of {expected} healthy',
    notify: 'at once',
  },
  REPLACE_BLOCKED: {
    areas: ['health'],
    meaning:
      'The instance is not replaced: not in service in the group, protected, a process suspended, or the group does not act.',
    says: '{target} fails, but {instance} cannot be replaced: {because}',
    notify: 'at once',
  },
  REPLACE_BUDGET: {
    areas: ['health'],
    meaning: '`replacedPer5Minutes` of this service is used up.',
    says: '{target} fails, but the replacements of 5 minutes are used up: {replaced} of {limit}',
    notify: 'at once',
  },
  ACCOUNT_BUDGET: {
    areas: ['health', 'failover'],
    meaning: 'The limit over all services (3 replacements in 5 minutes, 2 automatic failbacks at once) is used up.',
    says: 'the limit over all services is used up: {used} of {limit}',
    notify: 'at once',
  },
  LEFT_OUT: {
    areas: ['health'],
    meaning:
      'The policy no longer names the target group from which we ejected: register what should serve there by hand.',
    says: 'left out of {group}, which the policy no longer names: {targets}; register them by hand',
    notify: 'at once',
  },
  TARGETS_MISSING: {
    areas: ['scaling', 'health'],
    meaning: 'The targets cannot be read. Missing alone never ejects and never scales in.',
    says: 'the targets cannot be read ({why}): nothing is concluded from that',
    notify: 'lasting',
  },
  GROUP_REFUSED: {
    areas: ['health'],
    meaning: 'Target groups of type `lambda` and `alb` have no servers to take out, and `replace` needs instances.',
    says: 'a target group of type {targetType} cannot be served with onUnhealthy {onUnhealthy}',
    notify: 'at once',
  },
} satisfies Record<string, Reason>;
