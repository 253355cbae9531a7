/** Makes decisions answerable: what is logged every time, and stored on change and once a minute. */
import type { Action, Area, Decision, Outcome, Policy, ServiceState } from '../core/model.ts';
import { messageOf } from '../core/reasons.ts';
import { phaseOf, TRANSIENT } from '../core/state.ts';
import type { DecisionRecord } from '../ports.ts';
import { missingParts, type Observed } from './observe.ts';

const STORE_EVERY_MS = 60_000;

/** A decision as it is answered, logged and stored. */
export interface DecisionView {
  readonly area: Area;
  readonly reason: Decision['reason'];
  readonly message: string;
  readonly action: Action | null;
  /** The action was accepted by AWS. */
  readonly applied: boolean;
  /** When it was. */
  readonly appliedMs?: number | undefined;
  /** Why it was not, or is not known to have been. */
  readonly notApplied?: string | undefined;
  readonly numbers: Decision['numbers'];
  readonly steps?: Decision['steps'];
  readonly rejected?: Decision['rejected'];
}

/** What a cycle answers for one service. */
export interface ServiceResult {
  readonly service: string;
  /** When it was decided. */
  readonly decidedMs: number;
  readonly mode: Policy['mode'];
  /** The failover state, null without one. */
  readonly state: ReturnType<typeof phaseOf> | null;
  readonly decisions: readonly DecisionView[];
  readonly missing: readonly string[];
  /** The live drill under which the targets were seen: some of them only seemed to fail. */
  readonly drill?: string | undefined;
}

function explainOutcome(outcome: Outcome | undefined): Pick<DecisionView, 'applied' | 'appliedMs' | 'notApplied'> {
  if (outcome === undefined) return { applied: false, notApplied: 'NOT_SENT' };
  if (outcome.result === 'applied') return { applied: true, appliedMs: outcome.atMs };
  const code = outcome.result === 'refused' ? outcome.why : 'UNCLEAR';
  return { applied: false, notApplied: outcome.detail === undefined ? code : `${code}: ${outcome.detail}` };
}

/** Joins a decision with what became of its action. */
export function viewOf(decision: Decision, outcomes: readonly Outcome[]): DecisionView {
  const { area, reason, action, numbers, steps, rejected } = decision;
  const base = { area, reason, message: messageOf(decision), action, numbers, steps, rejected };
  if (action === null) return { ...base, applied: false };
  return { ...base, ...explainOutcome(outcomes.find((o) => o.actionId === action.id)) };
}

/** Of why an action was not applied, what says nothing against it: the next round decides it anew. */
const TRIED_AGAIN: readonly string[] = [...TRANSIENT, 'NOT_SENT', 'NOT_FIRST'];

/** What is to be said of an action that was not applied, or of which that is not known; `open`: it may still be applied. */
export function withoutEffect(notApplied = 'NOT_SENT'): { readonly words: string; readonly open: boolean } {
  const [code = ''] = notApplied.split(':');
  if (code === 'UNCLEAR') return { words: `it is not known whether that was done, ${notApplied}`, open: true };
  const open = TRIED_AGAIN.includes(code);
  return { words: `NOT applied, ${notApplied}${open ? '; the next round tries again' : ''}`, open };
}

export function resultOf(
  policy: Policy,
  state: ServiceState,
  decisions: readonly DecisionView[],
  { observation, drill }: Observed,
  decidedMs: number,
): ServiceResult {
  return {
    service: policy.service,
    decidedMs,
    mode: policy.mode,
    state: policy.failover === undefined ? null : phaseOf(state),
    decisions,
    missing: missingParts(policy, observation),
    ...(drill === null ? {} : { drill: drill.id }),
  };
}

/** Of many decisions of one cycle, and of many options that one rejected, this many are stored, and how many more there were. */
const MOST_DECISIONS = 60;
const MOST_REJECTED = 20;

function rejectedOf({ rejected }: DecisionView): Pick<DecisionView, 'rejected'> & { readonly moreRejected?: number } {
  if (rejected === undefined || rejected.length <= MOST_REJECTED) return { rejected };
  return { rejected: rejected.slice(0, MOST_REJECTED), moreRejected: rejected.length - MOST_REJECTED };
}

/**
 * The result as it is stored: a service with a thousand failing targets has a decision on each, and an item of the table
 * has an end. Those that acted come first; of the rest what is left out is counted by its reason.
 */
function storedOf(result: ServiceResult): DecisionRecord['body'] {
  const acting = result.decisions.filter((d) => d.action !== null);
  const others = result.decisions.filter((d) => d.action === null);
  const isShort = result.decisions.length <= MOST_DECISIONS;
  const ordered = isShort ? result.decisions : [...acting, ...others];
  const decisions = ordered.slice(0, MOST_DECISIONS).map((d) => ({ ...d, ...rejectedOf(d) }));
  if (isShort) return { ...result, decisions };
  const leftOut: Record<string, number> = {};
  for (const { area, reason } of ordered.slice(MOST_DECISIONS)) {
    const key = `${area}:${reason}`;
    leftOut[key] = (leftOut[key] ?? 0) + 1;
  }
  return { ...result, decisions, leftOut };
}

/** What was stored last for each service; kept by the process. */
export type LastStored = Map<string, { readonly key: string; readonly atMs: number }>;

/** The record to store for this cycle; `null` when nothing changed and this minute has one. */
export function recordOf(
  last: LastStored,
  result: ServiceResult,
  version: number,
  nowMs: number,
): DecisionRecord | null {
  // The action by what it does: its id is new in every round in which the gate refuses it again.
  const key = result.decisions
    .map((d) => `${d.area}:${d.reason}:${d.applied ? d.action?.id : (d.action?.kind ?? '')}`)
    .join(' ');
  const before = last.get(result.service);
  const minuteOf = (atMs: number): number => Math.floor(atMs / STORE_EVERY_MS);
  if (before !== undefined && before.key === key && minuteOf(nowMs) === minuteOf(before.atMs)) return null;
  last.set(result.service, { key, atMs: nowMs });
  return { service: result.service, atMs: nowMs, id: String(version), body: storedOf(result) };
}
