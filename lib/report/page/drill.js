/** Draws drills: what happened in lanes over the seconds since the fault, with detect, decide, act and recover. */
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
 * @typedef {{ atSeconds: number, lane: number, kind: string, event: string, message: string }} Entry
 * @typedef {{ word: string, atSeconds: number }} Milestone
 * @typedef {{ fromSeconds: number, toSeconds: number, lane: number }} Span
 * @typedef {{ entries: Entry[], milestones: Milestone[], failing: Span[], endSeconds: number }} Drill
 * @typedef {{ lanes: string[], drills: Drill[] }} Data
 */

const LANE = 38;
const LABEL = 16;
const AXIS = 32;
const MARKER = 5.5;
const NEAR = 14;
const LISTED = 5;
/** With less than this part of the drill until it has recovered, that part is shown first. */
const SHORT = 0.5;

/** @type {Readonly<Record<string, { shape: import('./chart.js').Shape, ink: string, filled: boolean }>>} */
const MARKERS = {
  fault: { shape: 'cross', ink: 'saturated', filled: false },
  traffic: { shape: 'circle', ink: 'saturated', filled: true },
  action: { shape: 'diamond', ink: 'action', filled: true },
  decision: { shape: 'diamond', ink: 'action', filled: false },
  world: { shape: 'ring', ink: 'demand', filled: false },
};

/** @type {Readonly<Record<string, number[]>>} */
const DASHES = { detect: [2, 3], decide: [6, 3], act: [], recover: [10, 4] };

/**
 * Where requests failed: an area behind all lanes, or a bar in the lane of the traffic.
 * @param {uPlot} u
 * @param {Drill} drill
 * @param {'area' | 'bar'} what
 */
function drawFailing(u, { failing }, what) {
  const { ctx, bbox } = u;
  const height = what === 'area' ? bbox.height : 8 * scaleOf(u);
  ctx.fillStyle = ink(what === 'area' ? 'saturated-area' : 'saturated');
  for (const { fromSeconds, toSeconds, lane } of failing) {
    const left = u.valToPos(fromSeconds, 'x', true);
    const width = Math.max(2 * scaleOf(u), u.valToPos(toSeconds, 'x', true) - left);
    const top = what === 'area' ? bbox.top : u.valToPos(lane, 'y', true) - height / 2;
    ctx.fillRect(left, top, width, height);
  }
}

/**
 * @param {uPlot} u
 * @param {Drill} drill
 */
function drawMilestones(u, { milestones }) {
  const { ctx, bbox } = u;
  const scale = scaleOf(u);
  ctx.font = `${12 * scale}px system-ui, sans-serif`;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  milestones.forEach(({ word, atSeconds }, row) => {
    const x = u.valToPos(atSeconds, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) return;
    const y = bbox.top - (milestones.length - row - 0.5) * LABEL * scale;
    ctx.strokeStyle = ink('text');
    ctx.lineWidth = 1.5 * scale;
    ctx.setLineDash((DASHES[word] ?? []).map((length) => length * scale));
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const text = `${word} ${number(atSeconds)} s`;
    const { width } = ctx.measureText(text);
    const gap = 4 * scale;
    const fits = x + width + 2 * gap < bbox.left + bbox.width;
    const left = fits ? x + gap : x - gap - width;
    // Lines of others pass behind it.
    ctx.fillStyle = ink('surface');
    ctx.fillRect(left, y - (LABEL / 2) * scale, width, LABEL * scale);
    ctx.fillStyle = ink('text');
    ctx.fillText(text, left, y);
  });
}

/**
 * @param {uPlot} u
 * @param {Drill} drill
 */
function drawEntries(u, { entries }) {
  const { ctx, bbox } = u;
  const scale = scaleOf(u);
  for (const { atSeconds, lane, kind } of entries) {
    const x = u.valToPos(atSeconds, 'x', true);
    const look = MARKERS[kind];
    if (look === undefined || x < bbox.left || x > bbox.left + bbox.width) continue;
    const path = outline(look.shape, x, u.valToPos(lane, 'y', true), MARKER * scale);
    ctx.lineWidth = (look.shape === 'cross' ? 2.5 : 1.6) * scale;
    ctx.strokeStyle = ink(look.ink);
    ctx.fillStyle = ink(look.filled ? look.ink : 'surface');
    if (look.shape !== 'cross') ctx.fill(path);
    ctx.stroke(path);
  }
}

/**
 * @param {readonly string[]} lanes
 * @param {Drill} drill
 * @param {{ cursor: (u: uPlot) => void, scale: (u: uPlot) => void, size: () => void }} on
 * @returns {Omit<uPlot.Options, 'width'>}
 */
function optionsOf(lanes, drill, on) {
  const above = drill.milestones.length * LABEL + 8;
  return {
    height: lanes.length * LANE + above + AXIS,
    padding: [above, 12, 0, 0],
    scales: { x: { time: false }, y: { dir: -1, range: () => [-0.5, lanes.length - 0.5] } },
    axes: [
      { ...axisLook(), size: AXIS, space: 64, values: (_u, splits) => splits.map((at) => `${number(at)} s`) },
      { ...axisLook(), size: 76, gap: 6, splits: () => lanes.map((_, i) => i), values: () => [...lanes] },
    ],
    series: [{}, { paths: () => null, points: { show: false } }],
    cursor: { y: false, points: { show: false } },
    hooks: {
      drawClear: [(u) => paint(u, 'within', () => drawFailing(u, drill, 'area'))],
      draw: [
        (u) => {
          paint(u, 'within', () => drawFailing(u, drill, 'bar'));
          paint(u, 'around', () => drawMilestones(u, drill));
          paint(u, 'around', () => drawEntries(u, drill));
        },
      ],
      ready: [on.size],
      setSize: [on.size],
      setCursor: [on.cursor],
      setScale: [(u, key) => key === 'x' && on.scale(u)],
    },
  };
}

/** @param {Entry} entry */
const entryText = ({ atSeconds, event, message }) => `${atSeconds.toFixed(1)} s ${event}: ${message}`;

/**
 * What is under the pointer, of the lane that it is in.
 * @param {uPlot} u
 * @param {Drill} drill
 */
function entriesNear(u, { entries }) {
  const { left = -1, top = -1 } = u.cursor;
  return entries.filter(
    ({ atSeconds, lane }) =>
      Math.abs(u.valToPos(atSeconds, 'x') - left) <= NEAR && Math.abs(u.valToPos(lane, 'y') - top) <= LANE / 2,
  );
}

/**
 * @param {HTMLElement} section
 * @param {readonly string[]} lanes
 * @param {Drill} drill
 */
function draw(section, lanes, drill) {
  const { entries, milestones, endSeconds } = drill;
  const times = entries.map(({ atSeconds }) => atSeconds);
  /** @type {ReturnType<typeof createSlider> | undefined} */
  let slider;
  /** @type {ReturnType<typeof createZoom> | undefined} */
  let zoom;
  /** @type {ReturnType<typeof createHoverBox> | undefined} */
  let hover;
  /** @param {uPlot} u */
  const onCursor = (u) => {
    const { idx, left = -1, top = -1 } = u.cursor;
    if (slider?.isMoving() || left < 0) return hover?.hide();
    const near = entriesNear(u, drill);
    const nearest = near[0] === undefined ? idx : entries.indexOf(near[0]);
    if (nearest !== null && nearest !== undefined) slider?.tell(nearest);
    const more = near.length > LISTED ? [`and ${near.length - LISTED} more`] : [];
    if (near.length === 0) hover?.hide();
    else hover?.show([...near.slice(0, LISTED).map(entryText), ...more], left, top);
  };
  /** @param {uPlot} u */
  const onScale = (u) => {
    slider?.keepToView();
    zoom?.changed(u);
  };
  const lane = entries.map((entry) => entry.lane);
  const options = optionsOf(lanes, drill, {
    ...{ cursor: onCursor, scale: onScale, size: () => slider?.place() },
  });
  const chart = createChart(find(section, '.chart'), options, [times, lane]);
  slider = createSlider(find(section, 'figure'), chart, {
    label: (i) => `${times[i] ?? 0} s`,
    text: (i) => (entries[i] === undefined ? '' : entryText(entries[i])),
  });
  hover = createHoverBox(chart);
  slider.tell(0);
  find(section, '.cursor').hidden = false;
  const answeredSeconds = Math.max(0, ...milestones.map(({ atSeconds }) => atSeconds)) * 1.25;
  const edge = endSeconds * 0.01;
  const whole = /** @type {const} */ ([-edge, endSeconds + edge]);
  const short = answeredSeconds > 0 && answeredSeconds < endSeconds * SHORT;
  const answer = short ? /** @type {const} */ ([-answeredSeconds * 0.02, answeredSeconds]) : whole;
  zoom = createZoom(find(section, '.tools'), [chart], {
    ...{ whole, smallest: 2, named: { whole, answer }, first: 'answer' },
  });
  zoom.begin();
}

const { lanes, drills } = /** @type {Data} */ (pageData());
drills.forEach((drill, index) => {
  draw(find(document, `#drill-${index + 1}`), lanes, drill);
});
