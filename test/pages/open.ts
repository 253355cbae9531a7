/** Opens a page as its reader does, from a file, and listens to all that goes wrong. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findBrowser, MISSING } from './browser.ts';

export async function launch(): Promise<Browser> {
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error(MISSING);
  return chromium.launch({ executablePath });
}

export interface Reader {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
}

export interface Opened {
  readonly page: Page;
  /** What the console said, what was thrown, and what was asked of any network. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
}

/** Waits until the charts are drawn. */
export async function open(
  browser: Browser,
  html: string,
  { colorScheme = 'light', width = 1200 }: Reader = {},
): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-page-'));
  const file = join(folder, 'page.html');
  await writeFile(file, html);
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
  const complaints: string[] = [];
  const own = pathToFileURL(file).href;
  await page.route('**/*', (route) => {
    const url = route.request().url();
    // A link to a part of the page is the page.
    if (url.split('#')[0] === own) return route.continue();
    complaints.push(`asks for ${url}`);
    return route.abort();
  });
  page.on('console', (message) => complaints.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`throws ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog ${dialog.message()}`);
    return dialog.dismiss();
  });
  await page.goto(own);
  await page.locator('.readout:not(:empty)').last().waitFor();
  return {
    ...{ page, complaints },
    close: async () => {
      await page.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The picture in a chart's canvas, as text that can be compared, once it is drawn to the end: two looks at it agree. */
export async function pictureOf(page: Page, section: string): Promise<string> {
  const look = (): Promise<string> => page.evaluate(`document.querySelector('${section} canvas').toDataURL()`);
  let last = await look();
  for (;;) {
    await page.waitForTimeout(150);
    const now = await look();
    if (now === last) return now;
    last = now;
  }
}

/** A table's rows: of each cell the whole value of its number, or its text. */
export function rowsOf(page: Page, id: string): Promise<(number | string)[][]> {
  return page.evaluate(`[...document.querySelectorAll('#${id} tbody tr')].map((row) => [...row.cells].map((cell) => {
    const numbers = [...cell.querySelectorAll('data')].map((one) => Number(one.value));
    return numbers.length === 1 ? numbers[0] : cell.textContent.trim();
  }))`);
}

/** How many colours the chart has: an empty one has one. */
export function coloursOf(page: Page, section: string): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector('${section} canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  })()`);
}
