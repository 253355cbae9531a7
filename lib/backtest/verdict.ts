/** How evenkeel stands among the others. */
import type { Measures, Run, Verdict } from './model.ts';

type Counts = Pick<Measures, 'saturatedMinutes' | 'instanceHours'>;

/** Whether `a` is no worse than `b` in saturated minutes and in instance-hours, and better in one of them. */
export function isBetter(a: Counts, b: Counts): boolean {
  const noWorse = a.saturatedMinutes <= b.saturatedMinutes && a.instanceHours <= b.instanceHours;
  return noWorse && (a.saturatedMinutes < b.saturatedMinutes || a.instanceHours < b.instanceHours);
}

/** Neither the optimum, which cannot be had, nor the run without scaling, which knows the mean, is a rival. */
export const NO_RIVALS = ['evenkeel', 'optimum', 'none'];

/** Judges evenkeel, the first run, against the baselines by saturated minutes and instance-hours. */
export function verdictOf(runs: readonly Run[]): Verdict {
  const own = runs.find(({ name }) => name === 'evenkeel');
  const rivals = runs.filter(({ name }) => !NO_RIVALS.includes(name));
  if (own === undefined) return { pass: true, better: [], worse: [] };
  const better = rivals.filter(({ measures }) => isBetter(measures, own.measures)).map(({ name }) => name);
  const worse = rivals.filter(({ measures }) => isBetter(own.measures, measures)).map(({ name }) => name);
  return { pass: better.length === 0, better, worse };
}
