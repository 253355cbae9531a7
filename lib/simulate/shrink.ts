/** Looks for the least of a script that still goes wrong in the same way. */
import { type Part, restrict, type Script } from './draw.ts';
import { type Finding, type Means, type Outcome, play } from './play.ts';

/** So many plays are spent on it at most: a count, not a time, so that the result is the same everywhere. */
const MOST_PLAYS = 120;

export interface Shrunk {
  readonly part: Part;
  /** Of the part. */
  readonly outcome: Outcome;
  readonly plays: number;
}

interface Search {
  readonly script: Script;
  readonly wanted: Finding;
  readonly means: Means;
  part: Part;
  outcome: Outcome;
  plays: number;
}

/** Takes the smaller part if it goes wrong as the whole did. */
async function takes(search: Search, part: Part): Promise<boolean> {
  if (search.plays >= MOST_PLAYS) return false;
  search.plays += 1;
  const smaller = restrict(search.script, part);
  if (smaller.policies.length === 0) return false;
  const outcome = await play(smaller, search.means);
  if (outcome.finding?.invariant !== search.wanted.invariant) return false;
  search.part = part;
  search.outcome = outcome;
  return true;
}

const numbersOf = ({ script, part }: Search): readonly number[] =>
  restrict(script, part).faults.map(({ number }) => number);

/** Leaves out ever smaller pieces of the schedule until each single fault is needed. */
async function dropFaults(search: Search): Promise<void> {
  for (let size = Math.ceil(numbersOf(search).length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    let at = 0;
    for (let numbers = numbersOf(search); at < numbers.length; numbers = numbersOf(search)) {
      const faults = [...numbers.slice(0, at), ...numbers.slice(at + size)];
      if (!(await takes(search, { ...search.part, faults }))) at += size;
    }
  }
}

async function dropServices(search: Search): Promise<void> {
  const { service } = search.wanted;
  const all = search.script.policies.map((policy) => policy.service);
  if (all.length === 1) return;
  if (service !== '' && (await takes(search, { ...search.part, services: [service] }))) return;
  for (const one of all) {
    const services = (search.part.services ?? all).filter((name) => name !== one);
    if (services.length > 0) await takes(search, { ...search.part, services });
  }
}

/**
 * The least of the script that violates the same invariant as `outcome`, which the whole of it led to. What comes after
 * the violation is left out first.
 */
export async function shrink(script: Script, outcome: Outcome, means: Means): Promise<Shrunk> {
  const wanted = outcome.finding;
  if (wanted === null) throw new Error('nothing was found that could be shrunk');
  const before = script.faults.filter(({ atSeconds }) => atSeconds <= wanted.atSeconds).map(({ number }) => number);
  const search: Search = { script, wanted, means, part: {}, outcome, plays: 0 };
  if (before.length < script.faults.length) await takes(search, { faults: before });
  await dropServices(search);
  await takes(search, { ...search.part, faults: [] });
  await dropFaults(search);
  if (restrict(script, search.part).traffic.length > 0) await takes(search, { ...search.part, traffic: false });
  await dropServices(search);
  return { part: search.part, outcome: search.outcome, plays: search.plays };
}
