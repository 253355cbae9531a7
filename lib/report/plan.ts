/** What a cycle would do now, one line for each area. */
import { count } from '../policy/count.ts';
import { columns } from './columns.ts';
import type { DecisionJson } from './decision.ts';
import { explainDecision, inWords } from './explain.ts';
import type { Paint } from './paint.ts';

/** One service as it was looked at. */
export interface PlannedService {
  readonly service: string;
  readonly mode: string;
  /** The failover state, null without one. */
  readonly state: string | null;
  readonly decisions: readonly DecisionJson[];
  /** Parts of the world that could not be read. */
  readonly missing: readonly string[];
}

/** @param explain each decision in full. */
export function planLines(
  { service, mode, state, decisions, missing }: PlannedService,
  explain: boolean,
  paint: Paint,
): string[] {
  const phase = state === null ? '' : `, ${PHASES[state] ?? state}`;
  const unread = missing.map((part) => `  ${paint('yellow', 'not read')}  ${part}`);
  const title = `${paint('bold', service)} (mode ${mode}${phase})`;
  const body = explain
    ? decisions.flatMap((decision) => [...explainDecision(decision, paint), ''])
    : columns(decisions.flatMap((decision) => rowsOf(decision)));
  return [title, ...body, ...unread, ...(explain ? [] : [''])];
}

const PHASES: Readonly<Record<string, string>> = {
  primary: 'on the primary',
  failingOver: 'moving to the secondary',
  secondary: 'on the secondary',
  failingBack: 'moving back to the primary',
};

/** The decision in a row, and the change that it would make below it. */
function rowsOf({ area, reason, message, action, notApplied }: DecisionJson): string[][] {
  const row = [area, reason, message];
  if (action === null) return [row];
  const against =
    notApplied === undefined || notApplied === 'PLANNED' ? '' : ` But not now: ${AGAINST[notApplied] ?? notApplied}.`;
  return [row, ['', 'would', `${inWords(action).what}${against}`]];
}

const AGAINST: Readonly<Record<string, string>> = {
  OBSERVE_MODE: 'the mode is observe',
  HELD: 'the service is held by hand, until `release`',
  FROZEN: 'all writes are frozen by hand, until `unfreeze`',
};

/**
 * `3 services looked at: 1 would be changed, 2 not. Nothing was changed.`, and how many could not be seen in full.
 * @param doctor the command that finds out why.
 */
export function planSummary(services: readonly PlannedService[], doctor: string): string {
  const changing = services.filter(wouldChange).length;
  const all = `${count(services.length, 'service')} looked at`;
  const unseen = services.filter((one) => !wasSeen(one)).length;
  const blind = unseen === 0 ? '' : ` ${unseen} could not be seen in full: ${doctor} finds out more.`;
  return `${all}: ${changing} would be changed, ${services.length - changing} not. Nothing was changed.${blind}`;
}

/** Whether all of it that was asked for could be read. */
export function wasSeen({ missing }: PlannedService): boolean {
  return missing.length === 0;
}

/** Whether a cycle would send a change now. */
export function wouldChange({ decisions }: PlannedService): boolean {
  return decisions.some(({ action, notApplied }) => action !== null && notApplied === 'PLANNED');
}
