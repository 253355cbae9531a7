/** Drills as a page: the timeline in lanes and in a table, what was measured, and the verdict. */
import { type Drilled, isReason, type Measured, milestonesOf, type TimelineLine } from './drill.ts';
import { type Column, figure, type Html, html, table } from './html.ts';
import { type Assets, pageText } from './html-page.ts';

interface Decided {
  readonly atSeconds: number;
  readonly area: string;
  readonly reason: string;
  readonly message: string;
  readonly action: { readonly kind: string } | null;
  readonly applied: boolean;
  readonly notApplied?: string | undefined;
}

interface DrawnDrill extends Drilled {
  readonly seed: number;
  readonly timeline: readonly TimelineLine[];
  readonly decisions: readonly Decided[];
}

/** What a page of drills is made of. */
export interface Rehearsal {
  /** The policy file, as it was given. */
  readonly policy: string;
  readonly drills: readonly { readonly summary: string; readonly result: DrawnDrill }[];
  /** How soon the policy's numbers can notice and answer a fault at worst, a line for each way. */
  readonly reachable: readonly string[];
  /** Drills that the policy gives no ground for, a sentence for each. */
  readonly leftOut: readonly string[];
}

/** The lanes of the timeline from above, by the area of their events. What the verdict says stands below the chart. */
const LANES: readonly { readonly area: string; readonly text: string }[] = [
  { area: 'fault', text: 'Faults' },
  { area: 'traffic', text: 'Traffic' },
  { area: 'health', text: 'Targets' },
  { area: 'scaling', text: 'Instances' },
  { area: 'failover', text: 'Weights' },
  { area: 'controller', text: 'Controller' },
];
const laneOf = (area: string): number => LANES.findIndex((lane) => lane.area === area);

const KEYS = [
  { text: 'Fault', key: html`<path class="fault" d="M9 2 19 12M9 12 19 2"/>` },
  { text: 'Requests fail', key: html`<path class="area" d="M2 0H26V14H2Z"/><path class="bar" d="M2 5H26V9H2Z"/>` },
  { text: 'Action', key: html`<path class="action filled" d="M14 1 20 7 14 13 8 7Z"/>` },
  { text: 'Decision without action', key: html`<path class="action" d="M14 1 20 7 14 13 8 7Z"/>` },
  { text: 'What AWS did', key: html`<circle class="demand" cx="14" cy="7" r="5"/>` },
] as const;

const SECONDS = { digits: 1, unit: 's', absent: 'never' } as const;

type Kind = 'fault' | 'traffic' | 'action' | 'decision' | 'world';

/** How an entry is drawn. */
function kindOf({ area, event, atSeconds }: TimelineLine, decisions: readonly Decided[]): Kind {
  if (area === 'fault' || area === 'traffic') return area;
  const own = decisions.filter((one) => one.area === area && one.reason === event && one.atSeconds === atSeconds);
  if (own.some(({ action }) => action !== null)) return 'action';
  return own.length > 0 ? 'decision' : 'world';
}

/** When requests failed: from each time that they begin to, until they are served again or the drill ends. */
function failingOf(timeline: readonly TimelineLine[], endSeconds: number): readonly object[] {
  const lane = laneOf('traffic');
  const turns = timeline.filter(({ area }) => area === 'traffic');
  return turns.flatMap(({ atSeconds, event }, i) =>
    event === 'failing' ? [{ lane, fromSeconds: atSeconds, toSeconds: turns[i + 1]?.atSeconds ?? endSeconds }] : [],
  );
}

/** What the page's script draws. */
function drawnOf({ timeline, decisions, measures }: DrawnDrill): object {
  const endSeconds = Math.max(0, ...timeline.map(({ atSeconds }) => atSeconds));
  const drawn = timeline.filter(({ area }) => laneOf(area) >= 0);
  return {
    endSeconds,
    entries: drawn.map((entry) => {
      const { atSeconds, area, event, message } = entry;
      return { atSeconds, lane: laneOf(area), kind: kindOf(entry, decisions), event, message };
    }),
    milestones: milestonesOf(measures).filter(({ atSeconds }) => atSeconds !== null),
    failing: failingOf(timeline, endSeconds),
  };
}

function verdict(word: 'pass' | 'fail'): Html {
  return html`<span class="verdict ${word}">${word === 'pass' ? '✓' : '✗'} ${word}</span>`;
}

function lost({ requests, failedRequests }: Measured): Html {
  if (requests === null || failedRequests === null) return figure(null, { digits: 0 });
  return html`${figure(failedRequests, { digits: 0 })} of ${figure(requests, { digits: 0 })}`;
}

function shareOf({ requests, failedRequests }: Measured): string {
  if (requests === null || failedRequests === null) return 'how many requests failed is not known';
  const percent = requests === 0 ? 0 : (100 * failedRequests) / requests;
  return `requests failed, ${percent.toLocaleString('en', { maximumFractionDigits: 2 })} %`;
}

function tiles(measures: Measured): Html {
  const tile = (name: string, value: Html, means: string): Html =>
    html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="means">${means}</dd></div>`;
  return html`<dl class="tiles">${milestonesOf(measures).map(({ word, atSeconds, meaning }) =>
    tile(word, figure(atSeconds, SECONDS), meaning),
  )}${tile('traffic lost', lost(measures), shareOf(measures))}</dl>`;
}

/** What was asked of the drill and what came of it, each with the bound that it was held against, and what broke. */
function checks({ timeline, violations }: DrawnDrill): Html {
  const judged = timeline.filter(({ area, event }) => area === 'verdict' && (event === 'holds' || event === 'fails'));
  const broken = violations.map(({ invariant, atSeconds, message }) => ({
    event: 'fails',
    message: `invariant ${invariant} broken at ${atSeconds} s: ${message}`,
  }));
  return html`<ul class="checks">${[...judged, ...broken].map(
    ({ event, message }) =>
      html`<li><b class="${event}" aria-hidden="true">${event === 'holds' ? '✓' : '✗'}</b><span class="quiet">${event}: </span>${message}</li>`,
  )}</ul>`;
}

function actionsTable({ scenario, decisions }: DrawnDrill, number: number): Html {
  const acted = decisions.filter(({ action }) => action !== null);
  if (acted.length === 0) return html`<p class="note">No decision asked for an action.</p>`;
  const columns: Column[] = [
    { head: 'Seconds', numeric: true },
    { head: 'Area' },
    { head: 'Reason' },
    { head: 'Why' },
    { head: 'Outcome' },
  ];
  const rows = acted.map(({ atSeconds, area, reason, message, applied, notApplied }) => [
    figure(atSeconds, SECONDS),
    html`${area}`,
    html`<code>${reason}</code>`,
    html`${message}`,
    html`${applied ? 'accepted' : (notApplied ?? 'not accepted')}`,
  ]);
  return table({ id: `actions-${number}`, caption: `Actions of ${scenario}`, columns, rows });
}

function eventsTable({ scenario, timeline }: DrawnDrill, number: number): Html {
  const columns: Column[] = [
    { head: 'Seconds', numeric: true },
    { head: 'Area' },
    { head: 'Event' },
    { head: 'What happened' },
  ];
  const rows = timeline.map(({ atSeconds, area, event, message }) => [
    figure(atSeconds, SECONDS),
    html`${area}`,
    isReason(event) ? html`<code>${event}</code>` : html`${event}`,
    html`${message}`,
  ]);
  return html`<details><summary>All ${timeline.length} events</summary>
${table({ id: `events-${number}`, caption: `Events of ${scenario}`, columns, rows })}</details>`;
}

function chart({ scenario, timeline }: DrawnDrill, number: number): Html {
  const entries = timeline.filter(({ area }) => laneOf(area) >= 0).length;
  return html`<figure aria-labelledby="drill-${number}-title">
<figcaption>${entries} events in ${LANES.length} lanes over the seconds since the fault, with the four times from above as
lines. All of them are listed below.</figcaption>
<div class="tools" role="group" aria-label="Time shown of ${scenario}" hidden>
<button type="button" data-zoom="answer" aria-pressed="false">Until recovered</button>
<button type="button" data-zoom="whole" aria-pressed="false">Whole drill</button>
<button type="button" data-zoom="in">Zoom in</button>
<button type="button" data-zoom="out">Zoom out</button>
</div>
<ul class="keys">${KEYS.map(
    ({ text, key }) => html`<li><svg class="key" viewBox="0 0 28 14" aria-hidden="true">${key}</svg>${text}</li>`,
  )}</ul>
<div class="chart" aria-hidden="true"></div>
<div class="cursor" hidden>
<input type="range" min="0" max="${Math.max(0, entries - 1)}" value="0" autocomplete="off" aria-label="Event in the timeline of ${scenario}">
<p class="readout"></p>
</div>
</figure>`;
}

function drillSection(summary: string, result: DrawnDrill, index: number): Html {
  const number = index + 1;
  return html`<section class="card" id="drill-${number}" aria-labelledby="drill-${number}-title">
<h2 id="drill-${number}-title">${result.scenario} ${verdict(result.verdict)}</h2>
<p>${summary}</p>
${tiles(result.measures)}
<h3>Timeline</h3>
${chart(result, number)}
<h3>Asked of it</h3>
${checks(result)}
<h3>Actions</h3>
${actionsTable(result, number)}
${eventsTable(result, number)}
</section>
`;
}

function overview(drills: Rehearsal['drills']): Html {
  const columns: Column[] = ['Detect', 'Decide', 'Act', 'Recover', 'Failed requests'].map((head) => ({
    head,
    numeric: true,
  }));
  const rows = drills.map(({ result }, index) => [
    html`<a href="#drill-${index + 1}">${result.scenario}</a>`,
    verdict(result.verdict),
    ...milestonesOf(result.measures).map(({ atSeconds }) => figure(atSeconds, SECONDS)),
    lost(result.measures),
  ]);
  return html`<h2>All drills</h2>
${table({
  ...{ id: 'drills', caption: 'What each drill measured, in seconds from the fault' },
  columns: [{ head: 'Drill' }, { head: 'Verdict' }, ...columns],
  rows,
})}`;
}

const list = (lines: readonly string[]): Html => html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;

/** One self-contained page of one drill or of several: the figures of their results, and charts drawn from the same. */
export function drillHtml({ policy, drills, reachable, leftOut }: Rehearsal, assets: Assets): string {
  const passed = drills.filter(({ result }) => result.verdict === 'pass').length;
  const [first] = drills;
  const several = drills.length !== 1 || first === undefined;
  const title = several
    ? `Drills on ${policy}: ${passed} of ${drills.length} passed`
    : `Drill ${first.result.scenario} on ${policy}: ${first.result.verdict}`;
  const content = html`<header>
<h1>${title}</h1>
<p class="lead">A simulated AWS rests, is broken at second 0, and the functions that would be deployed answer. Seed
${first?.result.seed ?? null}.</p>
</header>
<main id="main">
${several ? overview(drills) : null}
${leftOut.length === 0 ? null : html`<h2>Left out</h2>${list(leftOut)}`}
${drills.map(({ summary, result }, index) => drillSection(summary, result, index))}
<h2>What the numbers of ${policy} reach at worst</h2>
${list(reachable)}
</main>`;
  const data = { lanes: LANES.map(({ text }) => text), drills: drills.map(({ result }) => drawnOf(result)) };
  return pageText({ title, content, data, modules: ['chart', 'zoom', 'drill'] }, assets);
}
