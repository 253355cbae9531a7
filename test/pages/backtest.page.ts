import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BacktestResult } from '../../lib/backtest/model.ts';
import { backtestHtml } from '../../lib/report/backtest-html.ts';
import { type Assets, readAssets } from '../../lib/report/html-page.ts';
import { madeBacktest } from './backtests.ts';
import { launch, open, pictureOf, rowsOf } from './open.ts';

let browser: Browser;
let assets: Assets;
beforeAll(async () => {
  browser = await launch();
  assets = await readAssets();
});
afterAll(() => browser?.close());

/** What a program that reads `--json` gets. */
const throughJson = (result: BacktestResult): BacktestResult => JSON.parse(JSON.stringify(result));
const iso = (atMs: number): string => new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');

/** Moves the pointer over the first chart until the hover box shows. */
async function hoverAnAction(page: Page): Promise<string> {
  const chart = page.locator('#run-1 .u-over');
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  if (box === null) throw new Error('the chart is not to be seen');
  const hover = page.locator('#run-1 .hover');
  for (let x = 4; x < box.width; x += 20) {
    for (let y = 4; y < box.height; y += 20) {
      await page.mouse.move(box.x + x, box.y + y);
      if (await hover.isVisible()) return hover.innerText();
    }
  }
  throw new Error('no action was found under the pointer');
}

describe('the page of a backtest', () => {
  it('shows in its tables the figures of --json, whole and rounded', async () => {
    const result = throughJson(madeBacktest({ seed: 5 }));
    const { page, close } = await open(browser, backtestHtml(result, assets));
    const measured = await rowsOf(page, 'measures');
    const elastic = await rowsOf(page, 'elasticity');
    expect(measured).toEqual(
      result.runs.map(({ title, measures: m }) => [
        title,
        ...[
          m.saturatedMinutes,
          m.saturatedPercent,
          m.lostPercent,
          m.lostRequests ?? 'not counted',
          m.longestOutageSeconds,
        ],
        ...[m.instanceHours, m.ofOptimumPercent, m.actionsPerDay, m.judgedMinutes],
      ]),
    );
    expect(elastic).toEqual(
      result.runs.map(({ title, measures: { elasticity: e } }) => [
        title,
        ...[
          e.accuracyUnder,
          e.accuracyOver,
          e.timeshareUnder,
          e.timeshareOver,
          e.instability,
          e.speedup ?? 'undefined',
        ],
      ]),
    );
    const [first] = result.runs;
    expect(await page.locator('#measures tbody tr').first().locator('td').nth(5).innerText()).toBe(
      first?.measures.instanceHours.toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    );
    for (const [i, { picture }] of result.runs.entries()) {
      expect(await rowsOf(page, `actions-${i + 1}`)).toEqual(
        picture.actions.slice(0, 500).map(({ atMs, from, to, reason }) => [iso(atMs), from, to, reason]),
      );
      expect(await rowsOf(page, `saturated-${i + 1}`)).toEqual(
        picture.saturated.map(({ fromMs, toMs, saturatedMs }) => [iso(fromMs), iso(toMs), saturatedMs / 60_000]),
      );
    }
    const head = await page
      .locator('.facts data')
      .evaluateAll((all) => all.map((one) => Number(one.getAttribute('value'))));
    expect(await page.locator('.facts').innerText()).toContain(
      'fail: better than evenkeel in saturated minutes and instance-hours together: target-tracking;',
    );
    expect(head).toEqual([result.trace.meanDemand, result.trace.peakDemand]);
    await close();
  });

  it('says of joined spans how long they were saturated, and that they are joined', async () => {
    const note = /Spans no more than 4 min\s+apart are joined/;
    const result = madeBacktest({ seed: 5, joinedWithinSeconds: 240 });
    const { page, close } = await open(browser, backtestHtml(result, assets));
    const [first] = result.runs[0]?.picture.saturated ?? [];
    expect(first?.saturatedMs).toBe(120_000);
    expect((await rowsOf(page, 'saturated-1'))[0]?.[2]).toBe(2);
    expect(await page.getByText(note).count()).toBe(result.runs.length);
    const at = result.demand.values.findIndex((_, i) => {
      const fromMs = result.demand.startMs + i * result.demand.bucketSeconds * 1000;
      return fromMs === first?.fromMs;
    });
    await page.locator('#run-1 input[type=range]').fill(String(at));
    expect(await page.locator('#run-1 .readout').innerText()).toContain('; saturated at times');
    await close();
    expect(backtestHtml(madeBacktest({ seed: 5 }), assets)).not.toContain('are joined');
  });

  it('draws what --json holds, and reads it out at the cursor that arrow keys move', async () => {
    const result = throughJson(madeBacktest({ seed: 6 }));
    const { page, complaints, close } = await open(browser, backtestHtml(result, assets));
    const drawn: { demand: object; runs: object[] } = JSON.parse((await page.locator('#data').textContent()) ?? '');
    expect(drawn.demand).toEqual(result.demand);
    expect(drawn.runs).toEqual(
      result.runs.map(({ title, picture: { capacity, saturated, actions } }) => ({
        title,
        capacity,
        saturated,
        actions,
      })),
    );
    const [run] = result.runs;
    if (run === undefined) throw new Error('there is no run');
    const { values, startMs, bucketSeconds } = result.demand;
    const slider = page.locator('#run-1 input[type=range]');
    await slider.focus();
    const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 });
    for (let index = 1; index <= 40; index++) {
      await page.keyboard.press('ArrowRight');
      const [demand, capacity] = [values[index] ?? null, run.picture.capacity[index] ?? 0];
      const said = await page.locator('#say').innerText();
      const at = iso(startMs + index * bucketSeconds * 1000);
      expect(said).toContain(
        `${at} UTC: demand ${demand === null ? 'unknown' : number(demand)}; capacity ${number(capacity)}, target ${number(capacity * 0.7)}`,
      );
      expect(said.includes('; saturated')).toBe(demand !== null && demand > capacity);
      const action = run.picture.actions.find(({ atMs }) => atMs === startMs + index * bucketSeconds * 1000);
      if (action !== undefined) expect(said).toContain(`${action.from} → ${action.to}: ${action.reason}`);
      expect(await slider.getAttribute('aria-valuetext')).toBe(`${at} UTC`);
    }
    await page.keyboard.press('End');
    expect(await page.locator('#say').innerText()).toContain(iso(startMs + (values.length - 1) * bucketSeconds * 1000));
    // The gap of the trace: unknown is not zero.
    expect(values.indexOf(null)).toBeGreaterThan(0);
    await slider.fill(String(values.indexOf(null)));
    expect(await page.locator('#run-1 .readout').innerText()).toContain('demand unknown');
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows the reason of an action under the pointer, moves the cursor of every chart, and lets Escape close it', async () => {
    const result = madeBacktest({ buckets: 60, reason: 'because <b>cpu</b> is 91' });
    const { page, complaints, close } = await open(browser, backtestHtml(result, assets));
    expect(await hoverAnAction(page)).toMatch(/^2026-03-01 \d\d:\d\d UTC: \d+ → \d+, because <b>cpu<\/b> is 91/);
    const readOuts = await page.locator('.readout').allInnerTexts();
    expect(new Set(readOuts.map((text) => text.slice(0, 20))).size).toBe(1);
    await page.keyboard.press('Escape');
    expect(await page.locator('#run-1 .hover').isVisible()).toBe(false);
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows and hides by keyboard what the boxes name', async () => {
    const { page, close } = await open(browser, backtestHtml(madeBacktest({ seed: 3 }), assets));
    for (const name of ['demand', 'capacity', 'target', 'saturated', 'actions']) {
      const before = await pictureOf(page, '#run-2');
      const box = page.locator(`#series input[value=${name}]`);
      await box.focus();
      await page.keyboard.press('Space');
      expect(await box.isChecked()).toBe(false);
      expect(await pictureOf(page, '#run-2'), name).not.toBe(before);
      await page.keyboard.press('Space');
      expect(await pictureOf(page, '#run-2'), name).toBe(before);
    }
    await close();
  });

  it('zooms all charts by buttons and by dragging, the slider along, and back', async () => {
    const { page, close } = await open(browser, backtestHtml(madeBacktest({ buckets: 400 }), assets));
    const whole = await pictureOf(page, '#run-2');
    const slider = page.locator('#run-2 input[type=range]');
    const span = async (): Promise<number> =>
      Number(await slider.getAttribute('max')) - Number(await slider.getAttribute('min'));
    expect(await span()).toBe(399);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    expect(await span()).toBe(199);
    expect(await pictureOf(page, '#run-2')).not.toBe(whole);
    expect(await page.getByRole('button', { name: 'Whole trace' }).getAttribute('aria-pressed')).toBe('false');
    await page.getByRole('button', { name: 'Zoom out' }).click();
    expect(await span()).toBe(399);
    const box = await page.locator('#run-1 .u-over').boundingBox();
    if (box === null) throw new Error('the chart is not to be seen');
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 50, { steps: 4 });
    await page.mouse.up();
    await expect.poll(span).toBeLessThan(110);
    await page.mouse.dblclick(box.x + box.width * 0.5, box.y + 50);
    await expect.poll(span).toBe(399);
    await close();
  });

  it('lists the first 500 actions and says how many more there are', async () => {
    const result = madeBacktest({ buckets: 4000, furtherChanges: 1000 });
    const { page, close } = await open(browser, backtestHtml(result, assets));
    const changes = result.runs[0]?.picture.changes ?? 0;
    expect(result.runs[0]?.picture.actions.length).toBeGreaterThan(500);
    expect((await rowsOf(page, 'actions-1')).length).toBe(500);
    const drawn = result.runs[0]?.picture.actions.length.toLocaleString('en');
    expect(await page.locator('#run-1 figcaption').innerText()).toContain(`of which the first ${drawn} are drawn`);
    await page
      .getByText(/^Actions: /)
      .first()
      .click();
    await page.getByText(`${(changes - 500).toLocaleString('en')} more are not listed.`).waitFor();
    await close();
  });
});
