/**
 * Reading what else scales the groups. A large region takes longer than a round waits: its read goes on, the rounds after it
 * wait for the same one, and its answer serves whoever it was for.
 */
import type { FleetView, Missing, Reading } from '../core/model.ts';
import type { Ports } from '../ports.ts';
import { type Attempt, notRead, once, pick, reading } from './reading.ts';
import { isOld, isStale, keepScalers, keptOf, type ScalersRead, type SlowReadings } from './slow.ts';
import type { Subject } from './subject.ts';

/** The other scalers of one of a region's groups. */
export type ReadScalers = (region: string, group: string) => Promise<Reading<readonly string[]>>;

interface World {
  readonly ports: Ports;
  readonly attempt: Attempt;
  readonly subjects: readonly Subject[];
  readonly slow: SlowReadings;
  readonly startMs: number;
  readonly fleets: (region: string) => Promise<Reading<ReadonlyMap<string, FleetView>>>;
}

/** Begins to read for all who are due in this region; what comes of it is kept, also when nobody waits any more. */
function begin({ ports, subjects, slow, startMs }: World, region: string, fleets: Iterable<FleetView>): ScalersRead {
  const due = subjects.flatMap(({ policy: { service, fleet, scaling, region: own } }) => {
    const isDue = own === region && scaling !== undefined && isOld(slow.get(service)?.scalers, startMs);
    return isDue && fleet !== undefined ? [{ kept: keptOf(slow, service), group: fleet.autoScalingGroup }] : [];
  });
  const groups = new Set(due.map(({ group }) => group));
  const views = [...fleets].filter(({ name }) => groups.has(name));
  const answer = reading(ports.clock, () => ports.fleet.otherScalers(region, views));
  const read: ScalersRead = { region, atMs: startMs, groups, answer };
  const end = (found?: Awaited<typeof answer>): void => {
    for (const { kept, group } of due) {
      if (kept.scalersRead === read) kept.scalersRead = undefined;
      if (found !== undefined) keepScalers(kept, pick(found, group));
    }
  };
  for (const { kept } of due) kept.scalersRead = read;
  // A bug reaches whoever waits.
  answer.then(end, () => end());
  return read;
}

/** Prepares one round's reads of other scalers: one for each region, or the one that is still under way there. */
export function scalerReader(world: World): ReadScalers {
  const { attempt, slow, startMs, fleets } = world;
  const readOf = once(async (region: string): Promise<ScalersRead | Missing> => {
    const known = await fleets(region);
    // Whose fleets cannot be read has scalers that cannot be told, for the very same reason.
    if (!known.known) return known;
    const underWay = [...slow.values()].find(
      ({ scalersRead: read }) => read?.region === region && !isStale(read, startMs),
    );
    return underWay?.scalersRead ?? begin(world, region, known.value.values());
  });
  return async (region, group) => {
    const read = await readOf(region);
    if ('known' in read) return read;
    // The one under way was not for this group: its turn comes next.
    if (!read.groups.has(group)) return notRead(startMs);
    const waited = await attempt(() => read.answer);
    return waited.known ? pick(waited.value, group) : waited;
  };
}
