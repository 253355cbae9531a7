/** A backtest as a page: what came of each way to scale, drawn and in tables. */
import type { BacktestResult, Measures, Run } from '../backtest/model.ts';
import { boundText, gapText, leadText, verdictText } from './backtest.ts';
import { periodsOf } from './backtest-periods.ts';
import { type Column, figure, firstRows, type Html, html, type Rounding, table } from './html.ts';
import { type Assets, pageText } from './html-page.ts';

interface Shown extends Rounding {
  readonly head: string;
  readonly of: (measures: Measures) => number | null;
}

/** What is read first, in the order of the columns. */
const MEASURES: readonly Shown[] = [
  { head: 'Saturated, minutes', digits: 1, of: (m) => m.saturatedMinutes },
  { head: 'Saturated, % of the time', digits: 2, of: (m) => m.saturatedPercent },
  { head: 'Lost, % of the demand', digits: 3, of: (m) => m.lostPercent },
  { head: 'Lost requests', digits: 0, absent: 'not counted', of: (m) => m.lostRequests },
  { head: 'Longest outage, seconds', digits: 0, of: (m) => m.longestOutageSeconds },
  { head: 'Instance-hours', digits: 1, of: (m) => m.instanceHours },
  { head: '% of the optimum’s hours', digits: 1, of: (m) => m.ofOptimumPercent },
  { head: 'Actions a day', digits: 1, of: (m) => m.actionsPerDay },
  { head: 'Judged minutes', digits: 0, of: (m) => m.judgedMinutes },
];

const ELASTICITY: readonly Shown[] = [
  { head: 'Accuracy under, %', digits: 2, of: ({ elasticity: e }) => e.accuracyUnder },
  { head: 'Accuracy over, %', digits: 2, of: ({ elasticity: e }) => e.accuracyOver },
  { head: 'Timeshare under, %', digits: 2, of: ({ elasticity: e }) => e.timeshareUnder },
  { head: 'Timeshare over, %', digits: 2, of: ({ elasticity: e }) => e.timeshareOver },
  { head: 'Instability, %', digits: 2, of: ({ elasticity: e }) => e.instability },
  { head: 'Speedup', digits: 3, absent: 'undefined', of: ({ elasticity: e }) => e.speedup },
];

/** Times on the page are UTC, to the second where there are seconds. */
function time(atMs: number): Html {
  const iso = new Date(atMs).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, iso.endsWith(':00.000Z') ? 16 : 19).replace('T', ' ')}</time>`;
}

function measuresTable(id: string, caption: string, shown: readonly Shown[], runs: readonly Run[]): Html {
  const columns: Column[] = shown.map(({ head }) => ({ head, numeric: true }));
  return table({
    ...{ id, caption },
    columns: [{ head: 'Way to scale' }, ...columns],
    rows: runs.map((run, i) => [
      html`<a href="#run-${i + 1}">${run.title}</a>`,
      ...shown.map((one) => figure(one.of(run.measures), one)),
    ]),
  });
}

function facts(result: BacktestResult): Html {
  const { policyFile, trace, settings, verdict } = result;
  const [bound, lead] = [boundText(result), leadText(result)];
  const [judged, why] = verdictText(verdict);
  const rows: readonly (readonly [string, Html])[] = [
    ['Policy', html`<code>${policyFile}</code>`],
    [
      'Trace',
      html`<code>${trace.name}</code>, ${trace.rows.toLocaleString('en')} rows, ${time(trace.fromMs)} to
${time(trace.toMs)} UTC; ${gapText(trace)}`,
    ],
    [
      'Demand',
      html`mean ${figure(trace.meanDemand, { digits: 2 })}, peak ${figure(trace.peakDemand, { digits: 2 })}
instances. ${trace.conversion}`,
    ],
    [
      'World',
      html`${settings.min} to ${settings.max} instances, target ${settings.targetPercent} %, in service
${settings.bootSeconds} s after the request, warm-up ${settings.warmupSeconds} s, a datapoint is readable
${settings.metricDelaySeconds} s after its minute`,
    ],
    ...(bound === null ? [] : [['Bounds', html`${bound}`] as const]),
    ...(lead === null ? [] : [['Lead', html`${lead}`] as const]),
    ['Verdict', html`${judged}: ${why}`],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

const SERIES = [
  { name: 'demand', text: 'Demand', key: html`<path class="demand" d="M0 9 9 3 18 8 28 2"/>` },
  { name: 'capacity', text: 'Capacity in service', key: html`<path class="capacity" d="M0 11H9V6H19V2H28"/>` },
  { name: 'target', text: 'Target', key: html`<path class="target" d="M0 7H28"/>` },
  {
    name: 'saturated',
    text: 'Saturated',
    key: html`<path class="area" d="M4 0H24V14H4Z"/><path class="bar" d="M4 0H24V3H4Z"/>`,
  },
  {
    name: 'actions',
    text: 'Actions, out ▲ and in ▽',
    key: html`<path class="action filled" d="M7 2 12 12H2Z"/><path class="action" d="M21 12 16 2H26Z"/>`,
  },
] as const;

function bar(): Html {
  return html`<div id="bar">
<fieldset id="series"><legend>Show</legend>
${SERIES.map(
  ({ name, text, key }) => html`<label><input type="checkbox" value="${name}" checked autocomplete="off">
<svg class="key" viewBox="0 0 28 14" aria-hidden="true">${key}</svg>${text}</label>
`,
)}</fieldset>
<div class="tools" id="tools" role="group" aria-label="Time shown in all charts" hidden>
<button type="button" data-zoom="in">Zoom in</button>
<button type="button" data-zoom="out">Zoom out</button>
<button type="button" data-zoom="whole" aria-pressed="true">Whole trace</button>
</div></div>`;
}

function actionsTable(run: Run, number: number): Html {
  const { actions, changes } = run.picture;
  const { shown, more } = firstRows(actions, changes);
  const rows = shown.map(({ atMs, from, to, reason }) => [
    time(atMs),
    figure(from, { digits: 0 }),
    figure(to, { digits: 0 }),
    html`${reason}`,
  ]);
  const columns: Column[] = [
    { head: 'Time, UTC' },
    { head: 'From', numeric: true },
    { head: 'To', numeric: true },
    { head: 'Reason' },
  ];
  return html`<details><summary>Actions: ${changes.toLocaleString('en')}</summary>
${table({ id: `actions-${number}`, caption: `Actions of ${run.title}`, columns, rows })}
${more === null ? null : html`<p class="note">${more}</p>`}</details>`;
}

function saturatedTable(run: Run, number: number): Html {
  const { saturated, joinedWithinSeconds } = run.picture;
  const { shown, more } = firstRows(saturated, saturated.length);
  const rows = shown.map(({ fromMs, toMs, saturatedMs }) => [
    time(fromMs),
    time(toMs),
    figure(saturatedMs / 60_000, { digits: 1 }),
  ]);
  const columns: Column[] = [{ head: 'From, UTC' }, { head: 'To, UTC' }, { head: 'Saturated, minutes', numeric: true }];
  const joined = html`<p class="note">Spans no more than ${figure(joinedWithinSeconds / 60, { digits: 0, unit: 'min' })}
apart are joined, in the chart too; in between it was not saturated.</p>`;
  return html`<details><summary>Saturated spans: ${saturated.length.toLocaleString('en')}</summary>
${joinedWithinSeconds === 0 ? null : joined}
${table({ id: `saturated-${number}`, caption: `Saturated spans of ${run.title}`, columns, rows })}
${more === null ? null : html`<p class="note">${more}</p>`}</details>`;
}

function numbersTable(result: BacktestResult, run: Run, number: number): Html {
  const rows = periodsOf(result.demand, run.picture.capacity).map((one) => [
    time(one.startMs),
    figure(one.highestDemand, { digits: 2 }),
    figure(one.leastCapacity, { digits: 0 }),
    figure(one.mostCapacity, { digits: 0 }),
  ]);
  const columns: Column[] = [
    { head: 'From, UTC' },
    { head: 'Highest demand', numeric: true },
    { head: 'Least capacity', numeric: true },
    { head: 'Most capacity', numeric: true },
  ];
  return html`<details><summary>The chart in numbers</summary>
${table({ id: `numbers-${number}`, caption: `Demand and capacity of ${run.title}`, columns, rows })}</details>`;
}

function summaryOf({ trace, settings }: BacktestResult, { measures, picture }: Run): Html {
  const [least, most] = picture.capacity.reduce(
    ([low, high], one) => [Math.min(low, one), Math.max(high, one)],
    [Infinity, 0],
  );
  const { actions, changes } = picture;
  const drawn = actions.length < changes ? `, of which the first ${actions.length.toLocaleString('en')} are drawn` : '';
  return html`Demand up to ${figure(trace.peakDemand, { digits: 2 })} instances, capacity ${least} to ${most}, target line
at ${settings.targetPercent} % of it; saturated for ${figure(measures.saturatedMinutes, { digits: 1 })} minutes;
${changes.toLocaleString('en')} actions${drawn}.`;
}

function runSection(result: BacktestResult, run: Run, index: number): Html {
  const number = index + 1;
  return html`<section class="card" id="run-${number}" aria-labelledby="run-${number}-title">
<h3 id="run-${number}-title">${run.title}</h3>
<figure aria-labelledby="run-${number}-title">
<figcaption>${summaryOf(result, run)}</figcaption>
<div class="chart" aria-hidden="true"></div>
<div class="cursor" hidden>
<input type="range" min="0" max="${Math.max(0, result.demand.values.length - 1)}" value="0" autocomplete="off" aria-label="Time in the chart of ${run.title}">
<p class="readout"></p>
</div>
</figure>
${actionsTable(run, number)}
${saturatedTable(run, number)}
${numbersTable(result, run, number)}
</section>
`;
}

function tiles({ measures }: Run): Html {
  const shown: readonly (readonly [string, Html, string])[] = [
    ['Saturated', figure(measures.saturatedMinutes, { digits: 1, unit: 'min' }), 'more was asked for than there was'],
    ['Lost demand', figure(measures.lostPercent, { digits: 3, unit: '%' }), 'found no capacity'],
    ['Instance-hours', figure(measures.ofOptimumPercent, { digits: 1, unit: '%' }), 'of the clairvoyant optimum’s'],
    ['Actions', figure(measures.actionsPerDay, { digits: 1 }), 'a day'],
  ];
  return html`<dl class="tiles">${shown.map(
    ([name, value, means]) =>
      html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="means">${means}</dd></div>`,
  )}</dl>`;
}

/** One self-contained page of a backtest: the figures of its result, and charts that are drawn from the same. */
export function backtestHtml(result: BacktestResult, assets: Assets): string {
  const { service, trace, runs, settings, demand } = result;
  const own = runs.find(({ name }) => name === 'evenkeel');
  const title = `Backtest of ${service} on ${trace.name}`;
  const content = html`<header>
<h1>${title}</h1>
<p class="lead">One trace of demand, counted in instances at 100 % CPU, under ${runs.length} ways to scale.</p>
${facts(result)}
</header>
<main id="main">
${own === undefined ? null : html`<h2>What evenkeel came to</h2>${tiles(own)}`}
<h2>All ways to scale</h2>
${measuresTable('measures', 'What came of each way to scale', MEASURES, runs)}
<details><summary>Elasticity, as the SPEC Research Group measures it</summary>
${measuresTable('elasticity', 'Elasticity of each way to scale', ELASTICITY, runs)}</details>
<h2>Load, capacity and target</h2>
<p class="note">Drag over a chart to zoom, double-click for the whole; with the keyboard, the slider under each chart reads
its values. Demand is the highest and capacity the lowest of each ${demand.bucketSeconds} s. Times are UTC.</p>
${bar()}
${runs.map((run, index) => runSection(result, run, index))}
</main>`;
  const data = {
    demand,
    targetPercent: settings.targetPercent,
    runs: runs.map((run) => ({
      title: run.title,
      capacity: run.picture.capacity,
      saturated: run.picture.saturated,
      actions: run.picture.actions,
    })),
  };
  return pageText({ title, content, data, modules: ['chart', 'zoom', 'backtest'] }, assets);
}
