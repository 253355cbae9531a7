/**
 * The safety and liveness invariants of DESIGN section 8 as checkers over evidence. They know nothing of scenarios: a
 * drill, a fuzzer and a test show them what happened, in order, and are told what should not have.
 */

import { type Book, createBook } from './invariants-book.ts';
import { type Case, type Effect, readOld } from './invariants-case.ts';
import { followedUp, gate, open, remembered, repeats, reportedTwice, silent, spacing } from './invariants-control.ts';
import { converges } from './invariants-converges.ts';
import { neglected } from './invariants-due.ts';
import type { Evidence, ReadApi, Write } from './invariants-evidence.ts';
import {
  cause,
  compareAndSwap,
  evidence as goodEvidence,
  noteMove,
  unstuck,
  waited,
  weights,
} from './invariants-failover.ts';
import {
  allowance,
  blindEjection,
  failedRounds,
  noteHealth,
  panic,
  readmission,
  replacement,
} from './invariants-health.ts';
import { line, note, serveBy } from './invariants-ledger.ts';
import { savedFor } from './invariants-match.ts';
import { bounds, pace, scaleIn, unparked } from './invariants-scaling.ts';
import { createShared, type Shared } from './invariants-shared.ts';
import { put } from './invariants-timeline.ts';
import type { Policy } from './model.ts';
import { mostWaitMs } from './target-reads.ts';

/** Every invariant that is checked, by its number in DESIGN section 8. */
export const INVARIANTS = {
  '1-gate': 'A write implies enforce, not held, not frozen, the current epoch, before notAfter.',
  '2-bounds':
    'Desired capacity is set inside the bounds, or one step toward them; a step at once, and not within the cool-down.',
  '3-scale-in': 'Scaling in implies that all signals are fresh and agree, and no interlock.',
  '4-repeats': 'Duplicated, late or reordered events change nothing; no action is sent twice.',
  '5-rounds': 'An ejected target had failed its rounds and was registered.',
  '6-allowance': 'Ejected targets stay within the allowance.',
  '7-panic': 'Panic implies no bulk ejection.',
  '8-readmission': 'Only what we ejected is registered again.',
  '9-replacement': 'An instance is replaced at most once, by a group that can, and within the budgets.',
  '10-weights': 'Weights are never all zero; foreign record sets and weights stay untouched.',
  '11-evidence': 'A move to a site implies that it was good on fresh evidence.',
  '12-missing': 'Missing alone never ejects, scales in or moves.',
  '13-compare-and-swap': 'A conflicting batch writes nothing.',
  '14-waited': 'A failback implies the waited time.',
  '15-rounds-apart': 'Rounds are at most two intervals apart, whatever befalls another service.',
  '16-moved': 'Active lost and other good ends INSYNC within its bound.',
  '17-finished': 'What was begun is finished or given up within two ticks.',
  '18-converges': 'A steady load converges.',
  '19-followed-up':
    'Every ejection is remembered, and ends in readmission, replacement or a notification that it stays out.',
  '20-due': 'What is due comes about: growing, shrinking, taking out what fails, going back, restoring the standby.',
} as const;

export type InvariantName = keyof typeof INVARIANTS;

export interface Violation {
  readonly invariant: InvariantName;
  readonly service: string;
  readonly atMs: number;
  readonly message: string;
}

const OF_EVERY_WRITE: readonly Check<[one: Case]>[] = [
  ['1-gate', gate],
  ['4-repeats', repeats],
];

type EffectChecks = readonly Check<[one: Effect]>[];

const OF_EFFECTS: EffectChecks = [
  ['10-weights', weights],
  ['13-compare-and-swap', compareAndSwap],
  ['18-converges', converges],
  ['2-bounds', pace],
  ['2-bounds', unparked],
];

const FLEET: readonly ReadApi[] = ['auto-scaling'];
const TARGETS: readonly ReadApi[] = ['elbv2'];
const SITES: readonly ReadApi[] = [...FLEET, ...TARGETS];

/** Asked only while what these APIs answer is what is so: who reads old answers that do not say so cannot know better. */
const OF_SEEN_EFFECTS: readonly (readonly [...EffectChecks[number], apis: readonly ReadApi[]])[] = [
  ['2-bounds', bounds, FLEET],
  ['3-scale-in', scaleIn, FLEET],
  ['5-rounds', failedRounds, TARGETS],
  ['6-allowance', allowance, SITES],
  ['7-panic', panic, SITES],
  ['8-readmission', readmission, SITES],
  ['9-replacement', replacement, SITES],
  ['11-evidence', goodEvidence, SITES],
  ['12-missing', blindEjection, TARGETS],
  ['12-missing', cause, SITES],
  ['14-waited', waited, SITES],
];

const OF_CYCLES: readonly Check<[book: Book, shared: Shared, atMs: number]>[] = [
  ['15-rounds-apart', spacing],
  ['16-moved', unstuck],
  ['17-finished', open],
  ['19-followed-up', remembered],
  ['20-due', neglected],
];

type Found = readonly (readonly [InvariantName, string])[];

type Check<Args extends readonly unknown[]> = readonly [InvariantName, (...args: Args) => string[]];

function check<Args extends readonly unknown[]>(checks: readonly Check<Args>[], ...args: Args): Found {
  const found: [InvariantName, string][] = [];
  for (const [name, complain] of checks) for (const message of complain(...args)) found.push([name, message]);
  return found;
}

function judgeWrite(book: Book, shared: Shared, write: Write): Found {
  const saved = savedFor(book, write);
  const found = check(OF_EVERY_WRITE, { book, shared, write, saved });
  if (saved === null) return found;
  saved.sent = true;
  if (write.effectMs === null) return found;
  const effect: Effect = { book, shared, write, saved, effectMs: write.effectMs };
  const seen = OF_SEEN_EFFECTS.filter(([, , apis]) => !apis.some((api) => readOld(effect, api)));
  const more = [
    ...check(OF_EFFECTS, effect),
    ...check(
      seen.map(([name, complain]) => [name, complain] as const),
      effect,
    ),
  ];
  noteHealth(effect);
  noteMove(effect);
  return [...found, ...more];
}

function judgeCycle(book: Book, shared: Shared, evidence: Extract<Evidence, { kind: 'cycle' }>): Found {
  const twice = reportedTwice(book, evidence.applied).map((message) => ['4-repeats', message] as const);
  return [...twice, ...check(OF_CYCLES, book, shared, evidence.atMs)];
}

/** Notes what concerns all services. */
function noteShared(books: Iterable<Book>, shared: Shared, evidence: Exclude<Evidence, { service: string }>): void {
  switch (evidence.kind) {
    case 'frozen':
      shared.frozen = evidence.frozen;
      break;
    case 'lease':
      shared.leases.set(evidence.caller, evidence.epoch);
      break;
    case 'look':
      put(line(shared.looks, evidence.caller), evidence.atMs, evidence);
      break;
    case 'clock':
      shared.clocksWrong = evidence.offMs > 0;
      for (const book of books) book.offMs = Math.max(book.offMs, evidence.offMs);
      break;
    case 'trouble': {
      const { with: part, untilMs } = evidence;
      shared.troubleMs[part] = Math.max(shared.troubleMs[part], untilMs);
      const all = Object.keys(shared.oldMs) as ReadApi[];
      const old = part === 'stale' ? all.filter((api) => api === (evidence.api ?? api)) : [];
      for (const api of old) shared.oldMs[api] = Math.max(shared.oldMs[api], untilMs);
      if (old.includes('elbv2')) shared.oldAnswers.push(evidence);
      for (const book of books) {
        if ((evidence.only ?? book.policy.service) !== book.policy.service) continue;
        book.steadySinceMs = Math.max(book.steadySinceMs, evidence.atMs, untilMs);
        if (part === 'record') book.foreign = true;
        if (old.includes('elbv2')) for (const ejected of book.ejected.values()) ejected.seenOld = true;
      }
    }
  }
}

export interface Auditor {
  /** Shows one piece of evidence; returns what it violates. Evidence comes in the order of its times. */
  see(evidence: Evidence): readonly Violation[];
  /** The end: what only then can be said to be missing. */
  finish(atMs: number): readonly Violation[];
}

/** Checks everything that it is shown about these services. A complaint that lasts is made once. */
export function createAuditor(policies: readonly Policy[]): Auditor {
  const shared = createShared();
  const waitMs = mostWaitMs(policies);
  const books = new Map(policies.map((policy) => [policy.service, createBook(policy, waitMs)]));
  // Who has not said otherwise serves these.
  const first = new Map(policies.map((policy) => [policy.service, policy]));
  const said = new Set<string>();
  const violations = (service: string, atMs: number, found: Found): Violation[] =>
    found
      .map(([invariant, message]) => ({ invariant, service, atMs, message }))
      // Lasting states are asked about in every cycle and differ in their seconds only.
      .filter(({ invariant, message }) => {
        const key = `${service} ${invariant} ${message.replace(/[0-9.]+ s\b/g, '')}`;
        return !said.has(key) && said.add(key);
      });
  return {
    see(evidence) {
      if (!('service' in evidence)) {
        noteShared(books.values(), shared, evidence);
        return [];
      }
      const { service, atMs } = evidence;
      const book = books.get(service);
      if (book === undefined) {
        const message = `a write concerns no service: ${JSON.stringify('change' in evidence ? evidence.change : evidence.kind)}`;
        return violations(service, atMs, [['1-gate', message]]);
      }
      if (evidence.kind === 'serves') {
        const served = shared.served.get(evidence.caller) ?? new Map<string, Policy>();
        shared.served.set(evidence.caller, served.set(service, evidence.policy));
        serveBy(book, evidence.policy, atMs);
        return [];
      }
      const served = 'caller' in evidence ? (shared.served.get(evidence.caller) ?? first) : undefined;
      const policy = served?.get(service);
      if (policy !== undefined && policy !== book.policy) serveBy(book, policy, atMs);
      let found: Found = [];
      if (evidence.kind === 'write') found = judgeWrite(book, shared, evidence);
      else if (evidence.kind === 'cycle') found = judgeCycle(book, shared, evidence);
      note(book, evidence);
      return violations(service, atMs, found);
    },
    finish: (atMs) =>
      [...books].flatMap(([service, book]) =>
        violations(service, atMs, [
          // A controller that has stopped for good has no cycles in which it could be asked.
          ...check(OF_CYCLES, book, shared, atMs),
          ...silent(book, shared, atMs).map((message) => ['15-rounds-apart', message] as const),
          ...followedUp(book, atMs).map((message) => ['19-followed-up', message] as const),
        ]),
      ),
  };
}
