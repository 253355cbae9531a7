/** Loads to learn room from, and what is known after them. */
import type { Room } from '../../lib/core/model.ts';
import { roomAfter, wantedRoom } from '../../lib/core/room.ts';
import { WAYS } from '../../lib/core/room-ways.ts';
import { MINUTE } from './builders.ts';
import { JUDGE } from './forecast-scene.ts';

/** In minutes. */
export const DAY = 1440;
/** How much of a cost is left after a minute: it fades by half in three days. */
export const KEPT = 2 ** (-1 / (3 * DAY));

export function wanted(room: Room) {
  const found = wantedRoom(room);
  if (found === null) throw new Error('another version learnt this room');
  return found;
}

/** What is known after these loads, one a minute. */
export function known(loads: readonly number[], before?: Room, judge = JUDGE): Room {
  const fromMs = (before?.atMs ?? 0) + MINUTE;
  const room = loads.reduce<Room | undefined>((so, load, i) => roomAfter(so, load, fromMs + i * MINUTE, judge), before);
  if (room === undefined) throw new Error('needs a load');
  return room;
}

/** So many minutes of a load, which may depend on the minute. */
export const minutes = (count: number, load: (minute: number) => number): number[] =>
  Array.from({ length: count }, (_, minute) => load(minute));
export const steady = (count: number, load = 10): number[] => minutes(count, () => load);
/** Ten, and forty for ten minutes of each hour, always at another minute. */
export const restless = (count: number): number[] =>
  minutes(count, (m) => ((m + 17 * Math.floor(m / 60)) % 60 < 10 ? 40 : 10));

/** A peak as it is now. */
export const peakOf = ({ peaks }: Room, kind: string, minutes: number): number => {
  const kinds = WAYS.filter(({ margin }) => margin.of === 'peak' && margin.share === 0).map(({ peak }) => peak);
  return peaks[kinds.findIndex((peak) => peak.kind === kind && peak.minutes === minutes)] as number;
};

/** The cost of the way by the highest of so many minutes, with such a share of it kept beyond. */
export const costOf = ({ costs }: Room, minutes: number, share: number): number => {
  const way = WAYS.findIndex(
    ({ peak, margin }) =>
      peak.kind === 'window' && peak.minutes === minutes && margin.of === 'peak' && margin.share === share,
  );
  return costs[way] as number;
};
