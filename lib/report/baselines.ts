/** The table of what a backtest compares with. */
import type { Baseline } from '../backtest/model.ts';
import { markdownTable } from './tables.ts';

export function baselinesMarkdown(baselines: readonly Pick<Baseline, 'name' | 'title' | 'source'>[]): string {
  const rows = baselines.map(({ name, title, source }) => [`\`${name}\``, title, source]);
  return markdownTable(['`--against`', 'what it is', 'where its rules stand, and what had to be adapted'], rows);
}
