/** Reason codes of failover. */
import type { Reason } from './reason.ts';

export const FAILOVER = {
  ON_PRIMARY: {
    areas: ['failover'],
    meaning: 'The record points to the primary, which is good enough.',
    says: 'on the primary, which {here}',
  },
  ON_SECONDARY: {
    areas: ['failover'],
    meaning: 'The record points to the secondary and the primary is not good yet.',
    says: 'on the secondary, which {here}; the primary is not good yet',
  },
  WATCHING_SITE: {
    areas: ['failover'],
    meaning: 'The active site is below its threshold or cannot be read, but not yet for its rounds.',
    says: 'the {active} is in doubt: {bad} of {rounds} bad rounds, {missing} of {missingRounds} missing rounds',
  },
  SITE_MISSING: {
    areas: ['failover'],
    meaning:
      'The active site cannot be read, but its probe passes, is unknown, or is not believed: missing alone moves nothing.',
    says: 'the {active} cannot be read for {missing} rounds, its probe {probe}: stay',
  },
  PROBE_DOUBTED: {
    areas: ['failover'],
    meaning:
      'The probe of a site fails although its targets are healthy, for ten minutes, or has done so since it was first asked: it is not believed, and a site that cannot be read is not left on its word.',
    says: 'the probe of the {site} has failed for {minutes} minutes although the site is good: it is not believed, so the {site} would not be left if it could not be read; mend {url}',
    notify: 'at once',
  },
  TRIP: {
    areas: ['failover'],
    meaning: 'The active site is bad and the other is good: the record moves.',
    says: 'move {record} to the {to}: the {active} {here}, the {to} has {otherHealthy} healthy',
    notify: 'at once',
  },
  STANDBY_SMALL: {
    areas: ['failover'],
    meaning: 'The active site is lost: the record moves although the other is smaller than `minReadyPercent`.',
    says: 'move {record} to the {to}, which has only {otherServers} of {wanted} servers wanted: the {active} is lost',
    notify: 'at once',
  },
  STANDBY_NOT_READY: {
    areas: ['failover'],
    meaning: 'The active site is bad, not lost, and the other has not reached `minReadyPercent` yet.',
    says: 'the {active} is bad, but the {to} has {otherServers} of {wanted} servers wanted: waiting for it',
    notify: 'at once',
  },
  BOTH_BAD: {
    areas: ['failover'],
    meaning: 'Both sites are bad: staying is better than moving from one outage to another.',
    says: 'both sites are bad: the {active} {here}, the {to} has {otherHealthy} healthy; staying',
    notify: 'at once',
  },
  OTHER_UNKNOWN: {
    areas: ['failover'],
    meaning: 'The active site is bad, but the other is not known to be good.',
    says: 'the {active} is bad, but the {to} is not known to be good ({otherGood} of {rounds} good rounds): staying',
    notify: 'at once',
  },
  RAISE_STANDBY: {
    areas: ['failover'],
    meaning:
      'At the first bad round, or when it carries the traffic, the standby is raised to the capacity of the primary.',
    says: 'raise the standby from {from} to {to}, {cause}',
    notify: 'at once',
  },
  RESTORE_STANDBY: {
    areas: ['failover'],
    meaning:
      'The primary has been good for the failback wait: the standby gets back the size it had before we raised it.',
    says: 'return the standby from {from} to {to}',
  },
  LEFT_RAISED: {
    areas: ['failover'],
    meaning: 'The policy no longer names the standby that we raised: give it its size by hand.',
    says: '{group}, which the policy no longer names, stays at {to}, to which we raised it from {from}: resize it by hand',
    notify: 'at once',
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
    notify: 'at once',
  },
  FAILBACK: {
    areas: ['failover'],
    meaning: 'The primary was good for the whole wait and has the capacity: the record moves back.',
    says: 'fail back to the primary: good for {goodSeconds} s, {healthy} healthy',
    notify: 'at once',
  },
  FAILBACK_WAIT: {
    areas: ['failover'],
    meaning: 'The primary is good, but not yet for `afterHealthySeconds` (doubled by every relapse).',
    says: 'the primary is good for {goodSeconds} of {waitSeconds} s',
  },
  FAILBACK_CAPACITY: {
    areas: ['failover'],
    meaning:
      'The primary is good, but has less healthy capacity than the secondary now carries; where nothing enlarges it, less than it had when it last had the traffic.',
    says: 'the primary has {servers} healthy servers, and {wanted} are wanted for what the secondary carries',
    notify: 'lasting',
  },
  FAILBACK_MANUAL: {
    areas: ['failover'],
    meaning: 'The primary is good; failing back is left to a person (`failback.mode: manual`, or moved by hand).',
    says: 'the primary is good for {goodSeconds} s; fail back by hand: {{"order": "failback", "service": …}}',
    notify: 'at once',
  },
  FAILBACK_BUDGET: {
    areas: ['failover'],
    meaning: '`failbacksPerHour` is used up.',
    says: '{used} of {limit} failbacks in this hour are used',
    notify: 'at once',
  },
  ORDERED: {
    areas: ['failover'],
    meaning: 'A move ordered by hand.',
    says: 'move {record} to the {to}: ordered by hand; it has {otherHealthy} healthy',
    notify: 'at once',
  },
  DNS_MISSING: {
    areas: ['scaling', 'failover'],
    meaning:
      'The record has not been read in the last five minutes, or not since a move without an answer: nothing can be moved. After two minutes nothing is scaled in.',
    says: 'the record cannot be read ({why})',
    notify: 'lasting',
  },
  DNS_REFUSED: {
    areas: ['failover'],
    meaning: 'The record sets of the name are not the weighted pair that the policy names.',
    says: 'the record sets cannot be moved: {because}',
    notify: 'at once',
  },
  FOREIGN_DNS: {
    areas: ['failover'],
    meaning: 'Somebody else set the weights: hold until they are back or `release` adopts them.',
    says: 'the weights are {found}, not {expected}: somebody else set them; {way}',
    notify: 'at once',
  },
} satisfies Record<string, Reason>;
