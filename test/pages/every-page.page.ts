// What holds for every page, whoever reads it: it asks nobody for anything, nothing goes wrong, and everyone can read it.
import axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backtestHtml } from '../../lib/report/backtest-html.ts';
import { type Assets, readAssets } from '../../lib/report/html-page.ts';
import { madeBacktest } from './backtests.ts';
import { drillPage } from './drills.ts';
import { coloursOf, launch, open, pictureOf } from './open.ts';

const PAGES: readonly {
  readonly name: string;
  readonly section: string;
  readonly make: (assets: Assets) => Promise<string>;
}[] = [
  {
    name: 'a backtest',
    section: '#run-1',
    make: async (assets) => backtestHtml(madeBacktest({ buckets: 288 }), assets),
  },
  { name: 'a drill', section: '#drill-1', make: (assets) => drillPage(['targets-fail'], assets) },
  {
    name: 'several drills',
    section: '#drill-2',
    make: (assets) => drillPage(['server-stops', 'cpu-surge', 'metrics-dark'], assets),
  },
];
const READERS = [
  { reader: 'in the light', colorScheme: 'light', width: 1200 },
  { reader: 'in the dark', colorScheme: 'dark', width: 1200 },
  { reader: 'on a phone', colorScheme: 'light', width: 360 },
  { reader: 'on a phone in the dark', colorScheme: 'dark', width: 360 },
] as const;

let browser: Browser;
let assets: Assets;
beforeAll(async () => {
  browser = await launch();
  assets = await readAssets();
});
afterAll(() => browser?.close());

describe.each(PAGES)('the page of $name', ({ make, section }) => {
  it.each(READERS)(
    'is drawn $reader without a complaint, a request or sideways scrolling',
    async ({ colorScheme, width }) => {
      const { page, complaints, close } = await open(browser, await make(assets), { colorScheme, width });
      expect(await coloursOf(page, section)).toBeGreaterThan(10);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      // Everything that opens is open when it is judged.
      await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      await page.evaluate(axe.source);
      const found: { id: string; nodes: { html: string; failureSummary: string }[] }[] = await page.evaluate(
        'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
      );
      expect(found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  it('changes its charts with the theme, and prints them in the light one', async () => {
    const { page, complaints, close } = await open(browser, await make(assets));
    const light = await pictureOf(page, section);
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await pictureOf(page, section);
    expect(dark).not.toBe(light);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--surface')")).toBe(
      '#ffffff',
    );
    expect(await pictureOf(page, section)).not.toBe(dark);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await pictureOf(page, section)).toBe(dark);
    expect((await page.pdf()).length).toBeGreaterThan(10_000);
    expect(complaints).toEqual([]);
    await close();
  });

  it('runs no script but its own, and fetches nothing', async () => {
    const { page, complaints, close } = await open(browser, await make(assets));
    await page.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = true';
      document.body.append(script);
      const image = document.createElement('img');
      image.src = 'https://example.com/a.png';
      document.body.append(image);
    }`);
    expect(await page.evaluate("fetch('https://example.com').then(() => 'fetched', () => 'refused')")).toBe('refused');
    expect(await page.evaluate('globalThis.ran')).toBeUndefined();
    expect(complaints.filter((one) => one.startsWith('asks for'))).toEqual([]);
    expect(complaints.filter((one) => one.includes('Content Security Policy')).length).toBeGreaterThanOrEqual(3);
    await close();
  });

  it('says its numbers in tables when scripts are off', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.setContent(await make(assets));
    expect(await page.locator('noscript').innerText()).toContain('The tables hold the same numbers.');
    expect(await page.locator('table tbody tr').count()).toBeGreaterThan(3);
    expect(await page.locator('input[type=range]').first().isVisible()).toBe(false);
    expect(await page.locator('.tools').first().isVisible()).toBe(false);
    await page.close();
  });
});
