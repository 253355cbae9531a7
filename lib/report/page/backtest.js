/** Draws a backtest: for each run demand, capacity, target, saturated spans and actions over the same time. */
import {
  axisLook,
  createChart,
  createHoverBox,
  createSlider,
  find,
  ink,
  number,
  outline,
  pageData,
  paint,
  scaleOf,
} from './chart.js';
import { createZoom } from './zoom.js';

/**
 * @typedef {{ atMs: number, from: number, to: number, reason: string }} Change
 * @typedef {{ title: string, capacity: number[], saturated: { fromMs: number, toMs: number, saturatedMs: number }[], actions: Change[] }} Run
 * @typedef {{ demand: { startMs: number, bucketSeconds: number, values: (number | null)[] }, targetPercent: number, runs: Run[] }} Data
 */

const HEIGHT = 240;
const MARKER = 5;
/** More actions than this in sight are drawn smaller, lest they hide the capacity. */
const MANY = 60;
const SMALL_MARKER = 3;
/** So near the pointer must be to an action, in pixels. */
const NEAR = 12;
const LISTED = 4;

const SERIES = ['demand', 'capacity', 'target'];

/** @param {number} seconds */
function timeText(seconds) {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/**
 * Whether it was saturated throughout: no span of several that were joined.
 * @param {{ fromMs: number, toMs: number, saturatedMs: number }} span
 */
const isWhole = ({ fromMs, toMs, saturatedMs }) => saturatedMs >= toMs - fromMs;

/** @param {Change} change */
const changeText = ({ atMs, from, to, reason }) => `${timeText(atMs / 1000)}: ${from} → ${to}, ${reason}`;

/**
 * Days where the day is what differs, times elsewhere.
 * @param {readonly number[]} splits
 * @param {number} step
 */
function tickTexts(splits, step) {
  return splits.map((at, i) => {
    const text = new Date(at * 1000).toISOString();
    const midnight = at % 86_400 === 0;
    return step >= 86_400 || midnight || i === 0
      ? text.slice(5, step >= 86_400 ? 10 : 16).replace('T', ' ')
      : text.slice(11, 16);
  });
}

/**
 * The spans in which more was asked for than there was, behind the lines, and a bar above them.
 * @param {uPlot} u
 * @param {Run} run
 */
function drawSaturated(u, run) {
  const { ctx, bbox } = u;
  const bar = 5 * scaleOf(u);
  for (const { fromMs, toMs } of run.saturated) {
    const left = Math.max(bbox.left, u.valToPos(fromMs / 1000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(toMs / 1000, 'x', true));
    if (right < bbox.left || left > bbox.left + bbox.width) continue;
    const width = Math.max(scaleOf(u), right - left);
    ctx.fillStyle = ink('saturated-area');
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = ink('saturated');
    ctx.fillRect(left, bbox.top, width, bar);
  }
}

/**
 * @param {uPlot} u
 * @param {Run} run
 */
function drawActions(u, run) {
  const { ctx } = u;
  ctx.lineWidth = 1.5 * scaleOf(u);
  const { min = 0, max = 0 } = u.scales.x ?? {};
  const seen = run.actions.filter(({ atMs }) => atMs / 1000 >= min && atMs / 1000 <= max);
  const size = (seen.length > MANY ? SMALL_MARKER : MARKER) * scaleOf(u);
  for (const { atMs, from, to } of seen) {
    const x = u.valToPos(atMs / 1000, 'x', true);
    const path = outline(to > from ? 'up' : 'down', x, u.valToPos(to, 'y', true), size);
    ctx.fillStyle = ink(to > from ? 'action' : 'surface');
    ctx.strokeStyle = ink('action');
    ctx.fill(path);
    ctx.stroke(path);
  }
}

/**
 * @param {Run} run
 * @param {number} highest of all runs: they are compared
 * @param {{ saturated: boolean, actions: boolean }} drawn
 * @param {{ cursor: (u: uPlot) => void, scale: (u: uPlot) => void, size: () => void }} on
 * @returns {Omit<uPlot.Options, 'width'>}
 */
function optionsOf(run, highest, drawn, on) {
  const line = { points: { show: false } };
  const { stepped } = uPlot.paths;
  const steps = stepped === undefined ? {} : { paths: stepped({ align: 1 }) };
  return {
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
    padding: [8, 8, 0, 0],
    scales: { y: { range: [0, highest * 1.08] } },
    axes: [
      { ...axisLook(), size: 32, space: 84, values: (_u, splits, _axis, _space, step) => tickTexts(splits, step) },
      { ...axisLook(), size: 44, values: (_u, splits) => splits.map(number) },
    ],
    series: [
      {},
      { ...line, stroke: () => ink('demand'), width: 1.5 },
      { ...line, stroke: () => ink('capacity'), width: 2, ...steps },
      { ...line, stroke: () => ink('target'), width: 1.5, dash: [6, 4], ...steps },
    ],
    cursor: { y: false, points: { size: 7 } },
    hooks: {
      drawClear: [(u) => drawn.saturated && paint(u, 'within', () => drawSaturated(u, run))],
      draw: [(u) => drawn.actions && paint(u, 'around', () => drawActions(u, run))],
      ready: [on.size],
      setSize: [on.size],
      setCursor: [on.cursor],
      setScale: [(u, key) => key === 'x' && on.scale(u)],
    },
  };
}

/**
 * @param {Data} data
 * @param {Run} run
 * @param {readonly number[]} times
 */
function wordsOf({ demand, targetPercent }, run, times) {
  const label = (/** @type {number} */ i) => timeText(times[i] ?? 0);
  return {
    label,
    text: (/** @type {number} */ i) => {
      const [asked, capacity] = [demand.values[i] ?? null, run.capacity[i] ?? 0];
      const [fromMs, toMs] = [(times[i] ?? 0) * 1000, ((times[i] ?? 0) + demand.bucketSeconds) * 1000];
      const saturated = run.saturated.find((span) => span.fromMs < toMs && span.toMs > fromMs);
      const changes = run.actions.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
      return [
        `${label(i)}: demand ${asked === null ? 'unknown' : number(asked)}`,
        `capacity ${number(capacity)}, target ${number((capacity * targetPercent) / 100)}`,
        ...(saturated === undefined ? [] : [isWhole(saturated) ? 'saturated' : 'saturated at times']),
        ...changes.slice(0, LISTED).map(({ from, to, reason }) => `${from} → ${to}: ${reason}`),
      ].join('; ');
    },
  };
}

/**
 * The actions under the pointer.
 * @param {uPlot} u
 * @param {Run} run
 */
function actionsNear(u, run) {
  const { left = -1, top = -1 } = u.cursor;
  return run.actions.filter(
    ({ atMs, to }) =>
      Math.abs(u.valToPos(atMs / 1000, 'x') - left) <= NEAR && Math.abs(u.valToPos(to, 'y') - top) <= NEAR,
  );
}

function start() {
  const data = /** @type {Data} */ (pageData());
  const { demand, targetPercent, runs } = data;
  const times = demand.values.map((_, i) => demand.startMs / 1000 + i * demand.bucketSeconds);
  const heights = [demand.values, ...runs.map(({ capacity }) => capacity)].flat();
  const highest = heights.reduce((/** @type {number} */ most, one) => Math.max(most, one ?? 0), 1);
  const drawn = { saturated: true, actions: true };
  /** @type {ReturnType<typeof createZoom> | undefined} */
  let zoom;
  let follows = false;
  const charts = runs.map((run, index) => {
    const figure = find(document, `#run-${index + 1} figure`);
    const target = run.capacity.map((capacity) => (capacity * targetPercent) / 100);
    /** @param {uPlot} u */
    const onCursor = (u) => {
      const { idx, left = -1, top = -1 } = u.cursor;
      if (idx === null || idx === undefined || left < 0) return;
      if (!slider?.isMoving()) slider?.tell(idx);
      if (follows) return hover?.hide();
      follows = true;
      for (const other of charts) if (other !== u) other.setCursor({ left, top });
      follows = false;
      const near = drawn.actions && !slider?.isMoving() ? actionsNear(u, run) : [];
      const more = near.length > LISTED ? [`and ${near.length - LISTED} more`] : [];
      if (near.length === 0) hover?.hide();
      else hover?.show([...near.slice(0, LISTED).map(changeText), ...more], left, top);
    };
    const onScale = (/** @type {uPlot} */ u) => {
      slider?.keepToView();
      zoom?.changed(u);
    };
    /** @type {ReturnType<typeof createSlider> | undefined} */
    let slider;
    /** @type {ReturnType<typeof createHoverBox> | undefined} */
    let hover;
    const options = optionsOf(run, highest, drawn, {
      ...{ cursor: onCursor, scale: onScale, size: () => slider?.place() },
    });
    const chart = createChart(find(figure, '.chart'), options, [times, demand.values, run.capacity, target]);
    slider = createSlider(figure, chart, wordsOf(data, run, times));
    hover = createHoverBox(chart);
    slider.tell(0);
    find(figure, '.cursor').hidden = false;
    return chart;
  });
  const whole = /** @type {const} */ ([times[0] ?? 0, times.at(-1) ?? 0]);
  zoom = createZoom(find(document, '#tools'), charts, {
    ...{ whole, smallest: 4 * demand.bucketSeconds, named: { whole }, first: 'whole' },
  });
  zoom.around(() => {
    const index = charts.find((one) => one.cursor.idx !== null && one.cursor.idx !== undefined)?.cursor.idx;
    return index === undefined || index === null ? (whole[0] + whole[1]) / 2 : (times[index] ?? 0);
  });
  zoom.begin();
  for (const box of document.querySelectorAll('#series input')) {
    if (!(box instanceof HTMLInputElement)) continue;
    box.addEventListener('change', () => {
      const { value: name, checked } = box;
      if (name === 'saturated' || name === 'actions') drawn[name] = checked;
      for (const chart of charts) {
        if (SERIES.includes(name)) chart.setSeries(SERIES.indexOf(name) + 1, { show: checked });
        else chart.redraw(false);
      }
    });
  }
}

start();
