/** A drill for people: its timeline line by line, what it measured, and several of them in a table. */
import { columns } from './columns.ts';
import type { Paint } from './paint.ts';

/** Seconds count from the fault; null where it never happened. */
export interface Measured {
  readonly detectSeconds: number | null;
  readonly decideSeconds: number | null;
  readonly actSeconds: number | null;
  readonly recoverSeconds: number | null;
  /** Null where nobody counts them. */
  readonly requests: number | null;
  readonly failedRequests: number | null;
}

export interface Drilled {
  readonly scenario: string;
  readonly verdict: 'pass' | 'fail';
  readonly measures: Measured;
  readonly violations: readonly { readonly invariant: string; readonly atSeconds: number; readonly message: string }[];
}

export interface TimelineLine {
  readonly atSeconds: number;
  readonly area: string;
  readonly event: string;
  readonly message: string;
}

/** One line of the timeline. Columns are of fixed width, because the next line is not known yet. */
export function timelineLine({ atSeconds, area, event, message }: TimelineLine, paint: Paint): string {
  const at = paint('dim', `${atSeconds.toFixed(1)} s`.padStart(9));
  const what = area.padEnd(10);
  const painted =
    area === 'fault' ? paint('red', what) : area === 'traffic' ? paint('yellow', what) : paint('cyan', what);
  return `${at}  ${painted}  ${eventText(area, event.padEnd(18), paint)}  ${message}`;
}

/** Whether the event is a reason code: a decision, and not what the world did. */
export function isReason(event: string): boolean {
  return event === event.toUpperCase();
}

/** A reason code, in capitals, is a decision, and a verdict is what it is all about; the rest is what the world did. */
function eventText(area: string, event: string, paint: Paint): string {
  if (area === 'verdict') return paint(/^(holds|pass) /.test(event) ? 'green' : 'red', event);
  return isReason(event) ? paint('bold', event) : event;
}

export interface Milestone {
  readonly word: string;
  readonly atSeconds: number | null;
  readonly meaning: string;
}

/** The four times that a drill measures, and what they mean. */
export function milestonesOf(measures: Measured): Milestone[] {
  return [
    { word: 'detect', atSeconds: measures.detectSeconds, meaning: 'AWS first shows it' },
    { word: 'decide', atSeconds: measures.decideSeconds, meaning: 'the decision that answers it is saved' },
    { word: 'act', atSeconds: measures.actSeconds, meaning: 'the change that it asks for is accepted' },
    {
      word: 'recover',
      atSeconds: measures.recoverSeconds,
      meaning: 'the later of the last failed request and full capacity',
    },
  ];
}

/** What a drill measured, and what broke. */
export function drillMeasures({ measures, violations }: Drilled, paint: Paint): string[] {
  return [
    paint('bold', 'Seconds from the fault'),
    ...columns(milestonesOf(measures).map(({ word, atSeconds, meaning }) => [word, seconds(atSeconds), meaning])),
    `  ${requestsText(measures)}`,
    ...violations.map((one) =>
      paint('red', `  invariant ${one.invariant} broken at ${one.atSeconds} s: ${one.message}`),
    ),
  ];
}

function requestsText({ requests, failedRequests }: Measured): string {
  return requests === null
    ? 'how many requests failed is not known'
    : `${failedRequests} of ${requests} requests failed`;
}

/** Several drills, one row each. */
export function drillTable(drills: readonly Drilled[], paint: Paint): string[] {
  const rows = drills.map(({ scenario, verdict, measures: m }) => [
    verdict,
    scenario,
    ...[m.detectSeconds, m.decideSeconds, m.actSeconds, m.recoverSeconds].map(seconds),
    m.requests === null ? '-' : `${m.failedRequests} of ${m.requests}`,
  ]);
  const [head = '', ...lines] = columns([
    ['', 'drill', 'detect', 'decide', 'act', 'recover', 'failed requests'],
    ...rows,
  ]);
  return [
    paint('bold', head),
    ...lines.map((line) => line.replace(/\b(pass|fail)\b/, (verdict) => verdictText(verdict, paint))),
  ];
}

function verdictText(verdict: string, paint: Paint): string {
  return paint(verdict === 'pass' ? 'green' : 'red', verdict);
}

function seconds(value: number | null): string {
  return value === null ? '-' : `${value.toFixed(1)} s`;
}
