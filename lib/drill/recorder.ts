/** Writes a drill down as it happens: timeline and decisions, in the order of their times. */
import type { ServiceResult } from '../controller/record.ts';
import type { Area } from '../core/model.ts';
import type { HistoryEvent } from '../sim/history.ts';
import { type DrillDecision, secondsSince, type TimelineEntry } from './result.ts';
import type { Line } from './words.ts';

/**
 * A decision is known when its cycle ends, and belongs where its state was saved, before its action's effects. A cycle ends
 * at most this long after it was saved, so what is older than that may be told.
 */
const SETTLED_MS = 5000;

interface Waiting {
  readonly atMs: number;
  readonly line: Line;
}

export interface Recorder {
  /** Begins: seconds count from here, and what came before is left out. */
  start(faultMs: number): void;
  say(atMs: number, line: Line): void;
  happened(event: HistoryEvent): void;
  /** The decisions of one cycle, made at `atMs`. */
  decided(atMs: number, result: ServiceResult): void;
  /** Tells what is left. */
  finish(): void;
  readonly timeline: readonly TimelineEntry[];
  readonly decisions: readonly DrillDecision[];
}

const AREAS: readonly Area[] = ['failover', 'health', 'scaling'];

function keyOf(decisions: ServiceResult['decisions']): string {
  // What the gate refuses again in every round has a new id each time, and is still no news.
  return decisions.map((d) => `${d.reason}:${d.applied ? d.action?.id : (d.action?.kind ?? '')}`).join(' ');
}

export function createRecorder(
  narrate: (event: HistoryEvent) => Line | null,
  onEvent: ((entry: TimelineEntry) => void) | undefined,
): Recorder {
  const timeline: TimelineEntry[] = [];
  const decisions: DrillDecision[] = [];
  const last = new Map<string, string>();
  let waiting: Waiting[] = [];
  let faultMs = Number.POSITIVE_INFINITY;

  const tell = (untilMs: number): void => {
    waiting.sort((a, b) => a.atMs - b.atMs);
    const due = waiting.filter((one) => one.atMs <= untilMs);
    waiting = waiting.slice(due.length);
    for (const { atMs, line } of due) {
      const entry = { atSeconds: secondsSince(faultMs, atMs), ...line };
      timeline.push(entry);
      onEvent?.(entry);
    }
  };
  const say = (atMs: number, line: Line): void => {
    if (atMs >= faultMs) waiting.push({ atMs, line });
  };
  return {
    timeline,
    decisions,
    start(atMs) {
      faultMs = atMs;
      // The first cycle after the fault tells how things stood.
      last.clear();
    },
    say,
    happened(event) {
      const line = narrate(event);
      if (line !== null) say(event.atMs, line);
      if (event.atMs - SETTLED_MS > (waiting[0]?.atMs ?? Number.POSITIVE_INFINITY)) tell(event.atMs - SETTLED_MS);
    },
    decided(atMs, result) {
      for (const area of AREAS) {
        const own = result.decisions.filter((d) => d.area === area);
        const key = `${result.service}/${area}`;
        const now = keyOf(own);
        if (own.length === 0 || last.get(key) === now) continue;
        if (atMs < faultMs) continue;
        last.set(key, now);
        for (const view of own) {
          decisions.push({ atSeconds: secondsSince(faultMs, atMs), service: result.service, ...view });
          const undone = view.notApplied === undefined ? '' : ` [not applied: ${view.notApplied}]`;
          say(atMs, { area, event: view.reason, message: `${view.message}${undone}` });
        }
      }
    },
    finish: () => tell(Number.POSITIVE_INFINITY),
  };
}
