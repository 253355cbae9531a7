import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DrillResult } from '../../lib/drill/result.ts';
import { type Assets, readAssets } from '../../lib/report/html-page.ts';
import { evenkeel } from '../cli/capture.ts';
import { drillPage } from './drills.ts';
import { launch, open, pictureOf, rowsOf } from './open.ts';

let browser: Browser;
let assets: Assets;
let folder = '';
beforeAll(async () => {
  browser = await launch();
  assets = await readAssets();
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-drill-page-'));
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

const orNever = (seconds: number | null): number | string => seconds ?? 'never';

describe('the page of a drill', () => {
  it('shows the figures that --json prints', async () => {
    const file = join(folder, 'one.html');
    const { code, out } = await evenkeel(['drill', 'targets-fail', '--json', '--html', file]);
    expect(code).toBe(0);
    const result: DrillResult = JSON.parse(out);
    const { page, complaints, close } = await open(browser, await readFile(file, 'utf8'));
    const { measures: m } = result;
    const tiles = await page
      .locator('.tiles data')
      .evaluateAll((all) => all.map((one) => Number(one.getAttribute('value'))));
    expect(tiles).toEqual([
      m.detectSeconds,
      m.decideSeconds,
      m.actSeconds,
      m.recoverSeconds,
      m.failedRequests,
      m.requests,
    ]);
    expect(await rowsOf(page, 'events-1')).toEqual(
      result.timeline.map(({ atSeconds, area, event, message }) => [atSeconds, area, event, message]),
    );
    expect(await rowsOf(page, 'actions-1')).toEqual(
      result.decisions
        .filter(({ action }) => action !== null)
        .map(({ atSeconds, area, reason, message }) => [atSeconds, area, reason, message, 'accepted']),
    );
    const asked = result.timeline.filter(({ event }) => event === 'holds').map(({ message }) => `holds: ${message}`);
    const checks = await page.locator('.checks li').allTextContents();
    expect(checks.map((text) => text.replace('✓', '').trim())).toEqual(asked);
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows several drills in one table, and what was left out', { timeout: 240_000 }, async () => {
    const file = join(folder, 'all.html');
    const { out } = await evenkeel(['drill', '--all', '--json', '--policy', 'policies/api.yml', '--html', file]);
    // What was left out stands at the end, without a verdict.
    const results: DrillResult[] = JSON.parse(out).filter((one: object) => 'verdict' in one);
    const { page, complaints, close } = await open(browser, await readFile(file, 'utf8'));
    const rows = await rowsOf(page, 'drills');
    expect(rows.map((row) => row.slice(0, 6))).toEqual(
      results.map(({ scenario, verdict, measures: m }) => [
        ...[scenario, `${verdict === 'pass' ? '✓' : '✗'} ${verdict}`],
        ...[m.detectSeconds, m.decideSeconds, m.actSeconds, m.recoverSeconds].map(orNever),
      ]),
    );
    expect(await page.getByText('cpu-surge needs "fleet" and "scaling"').count()).toBe(1);
    await page.getByRole('link', { name: 'two-ports' }).click();
    expect(await page.evaluate('location.hash')).toBe('#drill-3');
    expect(complaints).toEqual([]);
    await close();
  });

  it('reads out one event after the other by arrow keys', async () => {
    const { page, complaints, close } = await open(browser, await drillPage(['server-stops'], assets));
    const events = (await rowsOf(page, 'events-1')).filter(([, area]) => area !== 'verdict');
    await page.getByRole('button', { name: 'Whole drill' }).click();
    await page.locator('#drill-1 input[type=range]').focus();
    for (const [atSeconds, , event, message] of events.slice(1)) {
      await page.keyboard.press('ArrowRight');
      expect(await page.locator('#say').innerText()).toBe(`${Number(atSeconds).toFixed(1)} s ${event}: ${message}`);
    }
    expect(complaints).toEqual([]);
    await close();
  });

  it('says what is under the pointer, in the lane that it is in', async () => {
    const { page, close } = await open(browser, await drillPage(['server-stops'], assets));
    const chart = page.locator('#drill-1 .u-over');
    const box = await chart.boundingBox();
    if (box === null) throw new Error('the chart is not to be seen');
    const hover = page.locator('#drill-1 .hover');
    const found = new Set<string>();
    for (let x = 0; x < box.width; x += 10) {
      await page.mouse.move(box.x + x, box.y + (box.height * 2.5) / 6);
      if (await hover.isVisible()) for (const line of (await hover.innerText()).split('\n')) found.add(line);
    }
    const targets = (await rowsOf(page, 'events-1')).filter(([, area]) => area === 'health');
    const all = targets.map(
      ([atSeconds, , event, message]) => `${Number(atSeconds).toFixed(1)} s ${event}: ${message}`,
    );
    expect(found.size).toBeGreaterThan(5);
    for (const line of found) if (line !== '') expect(all).toContain(line);
    expect([...found].join('\n')).toMatch(/EJECT: eject i-\w+:80, which failed its 2 rounds/);
    await close();
  });

  it('begins with the time until it has recovered when the drill is much longer, and shows the whole on demand', async () => {
    const { page, close } = await open(browser, await drillPage(['targets-fail'], assets));
    const answer = page.getByRole('button', { name: 'Until recovered' });
    const whole = page.getByRole('button', { name: 'Whole drill' });
    expect([await answer.getAttribute('aria-pressed'), await whole.getAttribute('aria-pressed')]).toEqual([
      'true',
      'false',
    ]);
    const first = await pictureOf(page, '#drill-1');
    await whole.focus();
    await page.keyboard.press('Enter');
    expect([await answer.getAttribute('aria-pressed'), await whole.getAttribute('aria-pressed')]).toEqual([
      'false',
      'true',
    ]);
    expect(await pictureOf(page, '#drill-1')).not.toBe(first);
    await close();
  });
});
