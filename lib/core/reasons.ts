/** Every reason code, in one place: what it means, what it says, and whether it wakes a person (once per incident). */
import type { Area, Decision } from './model.ts';
import type { Reason } from './reason.ts';
import { FAILOVER } from './reasons-failover.ts';
import { HEALTH } from './reasons-health.ts';
import { SCALING } from './reasons-scaling.ts';

const ALL: readonly Area[] = ['scaling', 'health', 'failover'];

const SHARED = {
  NOT_CONFIGURED: { areas: ALL, meaning: 'The policy has no such section.', says: 'not configured' },
  PENDING: {
    areas: ['scaling', 'health'],
    meaning: 'An action of ours, or of the group itself, is under way and not confirmed by an observation yet.',
    says: 'waiting for {kind} to be confirmed',
  },
  FLEET_MISSING: {
    areas: ['scaling', 'health'],
    meaning: 'The group cannot be read: nothing is concluded from that.',
    says: 'the group cannot be read ({why})',
    notify: 'lasting',
  },
  FLEET_REFUSED: {
    areas: ['scaling', 'health'],
    meaning: 'The group cannot be steered by instance counts: weighted, in other units, or owned by an operator.',
    says: 'the group cannot be steered: {because}',
    notify: 'at once',
  },
  DEPLOYMENT: {
    areas: ALL,
    meaning:
      'Instance refresh, lifecycle wait of an instance that we did not replace, standby or zonal shift: nothing destructive unless the site is lost.',
    says: 'a deployment is under way ({what}): nothing destructive',
  },
  DEPLOYMENT_UNKNOWN: {
    areas: ALL,
    meaning: 'Whether a deployment runs cannot be read: nothing destructive unless the site is lost.',
    says: 'whether a deployment runs cannot be read: nothing destructive',
    notify: 'lasting',
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

/** A template cut at its `{name}`s: text and names in turn, text first and last. `{{` and `}}` stand for braces. */
const cut = (template: string): readonly string[] =>
  template.split(/(?<!\{)\{(\w+)\}/).map((part) => part.replaceAll(/\{\{|\}\}/g, (braces) => braces.slice(1)));

/** Every decision of every round says something: templates are cut once. */
const CUT = Object.fromEntries(
  Object.entries<Reason>(REASONS).map(([code, { says }]) => [code, cut(says)]),
) as Readonly<Record<ReasonCode, readonly string[]>>;

/** The decision in one line. */
export function messageOf(decision: Pick<Decision, 'reason' | 'numbers'>): string {
  let message = '';
  CUT[decision.reason].forEach((part, index) => {
    message += index % 2 === 0 ? part : String(decision.numbers[part] ?? 'unknown');
  });
  return message;
}
