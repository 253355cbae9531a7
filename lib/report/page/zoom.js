/** The buttons above charts: closer, further, and back to a part that has a name. */
import { find } from './chart.js';

/** @typedef {readonly [from: number, to: number]} Range */

/**
 * Shows the same part of the time in all the charts, by buttons and by dragging over one of them.
 * @param {HTMLElement} tools
 * @param {readonly uPlot[]} charts
 * @param {{ whole: Range, smallest: number, named: Readonly<Record<string, Range>>, first: string }} spans
 */
export function createZoom(tools, charts, { whole, smallest, named, first }) {
  const [start, end] = whole;
  /** @type {Range} */
  let shown = whole;
  /** @type {() => number} */
  let middle = () => (shown[0] + shown[1]) / 2;
  const mark = () => {
    for (const [name, [from, to]] of Object.entries(named)) {
      const button = find(tools, `[data-zoom="${name}"]`);
      button.setAttribute('aria-pressed', String(from === shown[0] && to === shown[1]));
    }
  };
  /** @param {Range} range */
  const show = ([from, to]) => {
    const length = Math.min(end - start, Math.max(smallest, to - from));
    const min = Math.min(end - length, Math.max(start, from));
    shown = [min, min + length];
    for (const chart of charts) chart.setScale('x', { min, max: min + length });
    mark();
  };
  /** @param {number} factor */
  const by = (factor) => {
    const half = ((shown[1] - shown[0]) * factor) / 2;
    const at = Math.min(shown[1], Math.max(shown[0], middle()));
    show([at - half, at + half]);
  };
  find(tools, '[data-zoom="in"]').addEventListener('click', () => by(0.5));
  find(tools, '[data-zoom="out"]').addEventListener('click', () => by(2));
  for (const [name, range] of Object.entries(named))
    find(tools, `[data-zoom="${name}"]`).addEventListener('click', () => show(range));
  tools.hidden = false;
  return {
    begin: () => show(named[first] ?? whole),
    /** @param {() => number} where */
    around: (where) => {
      middle = where;
    },
    /**
     * To be called when a chart's scale has changed, whoever changed it.
     * @param {uPlot} chart
     */
    changed: (chart) => {
      const { min, max } = chart.scales.x ?? {};
      if (typeof min !== 'number' || typeof max !== 'number') return;
      if (min !== shown[0] || max !== shown[1]) show([min, max]);
    },
  };
}
