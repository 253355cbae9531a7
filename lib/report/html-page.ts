/** The frame of a page: one file that asks nobody for anything, neither when it is opened nor later. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Html, html, jsonBlock } from './html.ts';

/** What is put into a page beside its content. */
export interface Assets {
  readonly styles: readonly string[];
  /** The chart library, as a classic script that declares `uPlot`. */
  readonly library: string;
  /** The scripts of this package, by name. */
  readonly modules: Readonly<Record<string, string>>;
}

/** In the order in which they overrule each other. */
const STYLES = ['page', 'parts', 'chart', 'narrow-and-paper'];
const MODULES = ['chart', 'zoom', 'backtest', 'drill'] as const;

export interface Page {
  readonly title: string;
  readonly content: Html;
  /** What the page's charts are drawn from. */
  readonly data: unknown;
  /** The script that draws them, and those that it imports, before it. */
  readonly modules: readonly (typeof MODULES)[number][];
}

/** Reads the styles and scripts of this package and of the chart library. Rejects when the package is not whole. */
export async function readAssets(): Promise<Assets> {
  const { resolve } = createRequire(import.meta.url);
  const own = (name: string): Promise<string> => readFile(new URL(`./page/${name}`, import.meta.url), 'utf8');
  const [library, ...styles] = await Promise.all([
    readFile(resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
    readFile(resolve('uplot/dist/uPlot.min.css'), 'utf8'),
    ...STYLES.map((name) => own(`${name}.css`)),
  ]);
  const modules = await Promise.all(MODULES.map(async (name) => [name, await own(`${name}.js`)] as const));
  return { library, styles, modules: Object.fromEntries(modules) };
}

/** Several modules as one: an inline module cannot import another. Their names must differ. */
function joined(modules: readonly string[]): string {
  return modules.map((text) => text.replace(/^import [^;]+;$/gm, '').replace(/^export /gm, '')).join('\n');
}

const sourceOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The whole page. Only the scripts and styles in it may run, by their hashes, and nothing may be fetched. */
export function pageText({ title, content, data, modules }: Page, { styles, library, modules: texts }: Assets): string {
  const style = styles.join('\n');
  const script = joined(modules.map((name) => texts[name] ?? ''));
  const policy = [
    "default-src 'none'",
    `script-src ${sourceOf(library)} ${sourceOf(script)}`,
    `style-src ${sourceOf(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${{ html: style }}</style>
</head>
<body>
<a class="skip" href="#main">To the content</a>
${content}
<p class="quiet" id="say" role="status"></p>
<noscript><p class="note">Charts need scripts, which are off here. The tables hold the same numbers.</p></noscript>
${jsonBlock('data', data)}
<script>${{ html: library }}</script>
<script type="module">${{ html: script }}</script>
</body>
</html>
`.html;
}
