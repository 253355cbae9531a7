/** What the charts of all pages share: colours of the page's theme, sizes, the cursor by keyboard, and the hover box. */

/**
 * An element that the page is known to have.
 * @param {ParentNode} parent
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function find(parent, selector) {
  const found = parent.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page lacks ${selector}`);
  return found;
}

/** @returns {unknown} */
export function pageData() {
  return JSON.parse(find(document, '#data').textContent ?? '');
}

/**
 * A colour of the theme that is on.
 * @param {string} name
 */
export function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** @param {number} value */
export function number(value) {
  return value.toLocaleString('en', { maximumFractionDigits: 2 });
}

/**
 * Draws over a chart, within the plot unless it is said to be `around`. uPlot remembers what it set the canvas to, and would
 * go on with our lines' width and colour.
 * @param {uPlot} u
 * @param {'within' | 'around'} where
 * @param {() => void} draw
 */
export function paint({ ctx, bbox }, where, draw) {
  ctx.save();
  ctx.setLineDash([]);
  if (where === 'within') {
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
  }
  draw();
  ctx.restore();
}

/** @param {uPlot} u */
export const scaleOf = (u) => u.ctx.canvas.width / u.width;

/**
 * How axes look in every chart.
 * @returns {{ stroke: () => string, font: string, grid: uPlot.Axis.Grid, ticks: uPlot.Axis.Ticks }}
 */
export function axisLook() {
  return {
    stroke: () => ink('muted'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: () => ink('line'), width: 1 },
    ticks: { stroke: () => ink('line'), width: 1, size: 4 },
  };
}

const PRINTED_WIDTH = 680;

/**
 * A chart as wide as its box, in the colours of the theme, on paper too.
 * @param {HTMLElement} box
 * @param {Omit<uPlot.Options, 'width'>} options
 * @param {uPlot.AlignedData} data
 */
export function createChart(box, options, data) {
  const { height } = options;
  const chart = new uPlot({ ...options, width: box.clientWidth, legend: { show: false } }, data, box);
  const fill = () => chart.setSize({ width: box.clientWidth, height });
  new ResizeObserver(fill).observe(box);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.redraw(false));
  addEventListener('beforeprint', () => {
    document.documentElement.classList.add('paper');
    chart.setSize({ width: Math.min(PRINTED_WIDTH, box.clientWidth), height });
    chart.redraw(false);
  });
  addEventListener('afterprint', () => {
    document.documentElement.classList.remove('paper');
    fill();
    chart.redraw(false);
  });
  return chart;
}

/**
 * The slider under a chart: arrow keys move the cursor over what is visible, and what is there is said.
 * @param {HTMLElement} figure
 * @param {uPlot} chart
 * @param {{ label: (index: number) => string, text: (index: number) => string }} words
 */
export function createSlider(figure, chart, words) {
  const slider = find(figure, 'input[type=range]');
  if (!(slider instanceof HTMLInputElement)) throw new Error('the chart lacks its slider');
  const times = chart.data[0];
  const said = find(document, '#say');
  const readOut = find(figure, '.readout');
  let byHand = false;
  /** @param {number} index */
  const tell = (index) => {
    readOut.textContent = words.text(index);
    slider.value = String(index);
    slider.setAttribute('aria-valuetext', words.label(index));
  };
  slider.addEventListener('input', () => {
    const index = slider.valueAsNumber;
    byHand = true;
    chart.setCursor({ left: chart.valToPos(times[index] ?? 0, 'x'), top: chart.over.clientHeight / 2 });
    byHand = false;
    tell(index);
    said.textContent = words.text(index);
  });
  return {
    tell,
    /** The slider moves the cursor: it knows better than the cursor's place which point is meant. */
    isMoving: () => byHand,
    /** Under what it moves over, and longer by half of its handle at both ends. */
    place: () => {
      slider.style.marginLeft = `${chart.over.offsetLeft - 8}px`;
      slider.style.width = `${chart.over.clientWidth + 16}px`;
    },
    /** Only over what can be seen. */
    keepToView: () => {
      const { min, max } = chart.scales.x ?? {};
      if (min === undefined || max === undefined) return;
      const first = times.findIndex((at) => at >= min);
      const last = times.findLastIndex((at) => at <= max);
      if (first < 0 || last < first) return;
      slider.min = String(first);
      slider.max = String(last);
    },
  };
}

/**
 * A box beside the pointer. Escape closes it.
 * @param {uPlot} chart
 */
export function createHoverBox(chart) {
  const box = document.createElement('div');
  box.className = 'hover';
  box.hidden = true;
  chart.over.append(box);
  const hide = () => {
    box.hidden = true;
  };
  addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') hide();
  });
  chart.over.addEventListener('mouseleave', hide);
  return {
    hide,
    /**
     * @param {readonly string[]} lines
     * @param {number} left
     * @param {number} top
     */
    show: (lines, left, top) => {
      box.replaceChildren(
        ...lines.map((line) => {
          const text = document.createElement('p');
          text.textContent = line;
          return text;
        }),
      );
      box.hidden = false;
      const { clientWidth, clientHeight } = chart.over;
      box.style.left = `${Math.max(0, Math.min(left + 12, clientWidth - box.offsetWidth))}px`;
      const above = top - box.offsetHeight - 12;
      box.style.top = `${above < 0 ? Math.min(top + 14, clientHeight) : above}px`;
    },
  };
}

/** @typedef {'up' | 'down' | 'diamond' | 'ring' | 'circle' | 'cross'} Shape */

/**
 * The outline of a marker, in canvas pixels.
 * @param {Shape} shape
 * @param {number} x
 * @param {number} y
 * @param {number} r
 */
export function outline(shape, x, y, r) {
  const path = new Path2D();
  if (shape === 'circle' || shape === 'ring') path.arc(x, y, r * 0.8, 0, 2 * Math.PI);
  else if (shape === 'cross') {
    path.moveTo(x - r, y - r);
    path.lineTo(x + r, y + r);
    path.moveTo(x - r, y + r);
    path.lineTo(x + r, y - r);
  } else {
    const tip = shape === 'down' ? r : -r;
    path.moveTo(x, y + tip);
    path.lineTo(x + r, shape === 'diamond' ? y : y - tip);
    if (shape === 'diamond') path.lineTo(x, y + r);
    path.lineTo(x - r, shape === 'diamond' ? y : y - tip);
    path.closePath();
  }
  return path;
}
