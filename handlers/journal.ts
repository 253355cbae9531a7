/** Keeps the log affordable: every cycle is logged, but in full only when it says something new, and once a minute. */
import type { DecisionView } from '../lib/controller/record.ts';
import { HEALTHY_TARGETS, type Journal } from '../lib/ports.ts';

/** The same is said in full once in this time; by time, and not by rounds, because these are up to five minutes apart. */
const FULL_EVERY_MS = 60_000;
/** A level that does not change is counted once in this time, which is enough for alarms on whole minutes. */
const COUNT_EVERY_MS = 20_000;
/** Rounds that are this much early are in time: they begin at marks, and count or write when they have read. */
const EARLY_MS = 4000;

interface Cycle {
  readonly service: string;
  readonly decisions: readonly DecisionView[];
}

function isCycle(fields: object): fields is Cycle {
  return 'service' in fields && 'decisions' in fields && Array.isArray(fields.decisions);
}

/**
 * A journal that shortens a cycle's entry to its reason codes while they stay the same and no action is in it: twelve
 * entries a minute and service would otherwise be the largest part of the bill.
 * @param nowMs milliseconds since the epoch.
 */
export function compactJournal(journal: Journal, nowMs: () => number): Journal {
  const last = new Map<string, { reasons: string; fullMs: number }>();
  const counted = new Map<string, { value: number; atMs: number }>();
  return {
    count: (metric, value, policy) => {
      if (metric !== HEALTHY_TARGETS || policy === undefined) return journal.count(metric, value, policy);
      const before = counted.get(policy);
      const atMs = nowMs();
      if (before?.value === value && atMs - before.atMs < COUNT_EVERY_MS - EARLY_MS) return;
      counted.set(policy, { value, atMs });
      journal.count(metric, value, policy);
    },
    write: (level, message, fields) => {
      if (message !== 'cycle' || !isCycle(fields)) return journal.write(level, message, fields);
      const reasons = fields.decisions.map((d) => `${d.area}:${d.reason}`).join(' ');
      const before = last.get(fields.service);
      const atMs = nowMs();
      const isDue = before?.reasons !== reasons || atMs - before.fullMs >= FULL_EVERY_MS - EARLY_MS;
      if (isDue) last.set(fields.service, { reasons, fullMs: atMs });
      const inFull = isDue || fields.decisions.some((d) => d.action !== null);
      journal.write(level, message, inFull ? fields : { service: fields.service, reasons });
    },
  };
}
