/** A group that shrank while nobody saw it: what the datapoints of that time covered. */
import { describe, expect, it } from 'vitest';
import { resume } from '../../lib/core/state.ts';
import {
  actionsOf,
  datapoints,
  fleetOf,
  groupOf,
  ids,
  MINUTE,
  missing,
  observe,
  policyOf,
  type Round,
  round,
  SECOND,
  stateOf,
  T0,
  target,
  type World,
} from './builders.ts';

const POLICY = policyOf({ failover: undefined, fleet: { capacity: { min: 1, max: 20 } } });

/** So many servers, each at `cpu`; datapoints come a minute late. */
function serving(count: number, cpu: number, fleet?: World['fleet']) {
  return (atMs: number): World => ({
    fleet: fleet ?? fleetOf(count),
    targets: groupOf(ids(count).map((id) => target(id))),
    signals: [datapoints(atMs - MINUTE, ...Array.from({ length: 8 }, () => cpu))],
  });
}

type Played = Pick<Round, 'state' | 'atMs'>;

/** Rounds over this world from `fromMs` on, by a new holder of the lease each minute, who has the state as it was saved. */
function play(
  before: Played,
  count: number,
  world: (atMs: number) => World,
  fromMs = before.atMs + 5 * SECOND,
): Round[] {
  const ran: Round[] = [];
  let { state, atMs: lastMs } = before;
  let saved = state;
  for (let index = 0; index < count; index += 1) {
    const atMs = fromMs + index * 5 * SECOND;
    if (index % 12 === 0) state = resume(saved, lastMs, 5 * SECOND);
    const one = round(POLICY, state, observe(atMs, world(atMs)), atMs);
    if (one.state.version !== state.version) saved = one.state;
    ({ state } = one);
    lastMs = atMs;
    ran.push(one);
  }
  return ran;
}

const last = (ran: readonly Round[]): Round => ran.at(-1) as Round;
const asked = (ran: readonly Round[]): number[] =>
  ran.flatMap(({ result }) => actionsOf(result, 'setCapacity').map(({ to }) => to));
const TEN = last(play({ state: stateOf(), atMs: T0 }, 24, serving(10, 60)));
const coveredIn = ({ state }: Round): Set<number> => new Set(state.scaling.points.cpu?.map((p) => p.covered));

describe('a fleet that shrank', () => {
  it('while the controller was away is not multiplied by what it was', () => {
    const back = play(TEN, 24, serving(2, 60), TEN.atMs + 120 * MINUTE);
    expect(asked(back)).toEqual([]);
    expect(coveredIn(last(back))).toEqual(new Set([2]));
  });

  it('while it could not be read is not multiplied by what it was, whoever reads it again', () => {
    const unread = play(TEN, 60, serving(5, 60, missing('throttled')));
    const again = play(last(unread), 24, serving(5, 60));
    expect(asked(again)).toEqual([]);
    expect(last(again).state.scaling.counts.at(-1)).toEqual({ fromMs: again[0]?.atMs, count: 5, afterMs: TEN.atMs });
    expect(coveredIn(last(again))).toEqual(new Set([5]));
  });

  it('while anybody looked did so a round before at most, as ever', () => {
    const [first] = play(TEN, 1, serving(5, 60)) as [Round];
    expect(first.state.scaling.counts.at(-1)).toEqual({ fromMs: first.atMs, count: 5 });
  });
});

describe('a fleet that nobody sees', () => {
  const unread = play(TEN, 12, serving(10, 60, missing('throttled')));

  it('is written down once that has lasted for a gap between rounds, and once', () => {
    expect(unread.map(({ state }) => state.scaling.fleetUnseen)).toEqual([
      undefined,
      undefined,
      ...Array.from({ length: 10 }, () => true),
    ]);
    expect(last(unread).state.pace.fleetMs).toBe(TEN.atMs);
    const scaling = [...new Set(unread.map(({ state }) => state.scaling))];
    expect(scaling).toHaveLength(2);
  });

  it('is seen again with the first reading', () => {
    const [again] = play(last(unread), 1, serving(10, 60)) as [Round];
    expect(again.state.scaling.fleetUnseen).toBeUndefined();
    expect(again.state.pace.fleetMs).toBe(again.atMs);
  });

  it('by a state of before is not known to be unseen', () => {
    const { fleetMs: _, ...pace } = TEN.state.pace;
    const [old] = play({ ...TEN, state: { ...TEN.state, pace } }, 1, serving(10, 60, missing()), TEN.atMs + MINUTE) as [
      Round,
    ];
    expect(old.state.scaling.fleetUnseen).toBeUndefined();
  });
});
