/** What a live drill may never do to what is seen, whatever its item says and whatever there is to see. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { observer } from '../../lib/controller/observe.ts';
import { EMPTY_BUDGET } from '../../lib/core/budget.ts';
import {
  DRILL_REASON,
  drillOn,
  groupUnder,
  isHealthyToAws,
  type LiveDrill,
  LONGEST_DRILL_SECONDS,
} from '../../lib/core/live-drill.ts';
import type { TargetState } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { classify } from '../../lib/core/targets.ts';
import { lab, SEOUL, WEB } from '../controller/lab.ts';
import { groupOf, stateOf, T0, target } from '../core/builders.ts';
import { always } from './arbitraries.ts';

const STATE = stateOf();
const KEYS = ['i-1:80', 'i-1:8080', 'i-2:80', 'i-3:80', 'i-4:80'];
const anyState = fc.constantFrom<TargetState[]>(
  'healthy',
  'healthy',
  'healthy',
  'unhealthy',
  'initial',
  'draining',
  'unused',
  'unhealthy.draining',
);
const anyGroup = fc
  .uniqueArray(fc.constantFrom(...KEYS), { maxLength: 5 })
  .chain((keys) => fc.tuple(...keys.map((key) => anyState.map((state) => target(key, state)))))
  .map((targets) => groupOf(targets));
const anyTargets = fc.uniqueArray(fc.constantFrom(...KEYS, 'i-9:80'), { maxLength: 6 });

const onWeb = (targets: readonly string[], changes: Partial<LiveDrill> = {}): LiveDrill => ({
  ...{ id: 'web/1', service: 'web', scenario: 'server-stops', region: SEOUL, targetGroup: 'exercise-target-group' },
  ...{ targets, startedMs: T0 - 10_000, untilMs: T0 + 290_000, ...changes },
});

/** A drill that is over, has not begun, claims too much, or is about something else. */
const anyOther = fc.oneof(
  fc.integer({ min: 0, max: 9e8 }).map((ms) => ({ untilMs: T0 - ms })),
  fc.integer({ min: 5001, max: 9e8 }).map((ms) => ({ startedMs: T0 + ms, untilMs: T0 + ms + 60_000 })),
  fc.integer({ min: LONGEST_DRILL_SECONDS * 1000 + 5001, max: 9e11 }).map((ms) => ({ untilMs: T0 + ms })),
  fc.constantFrom(
    { service: 'api' },
    { service: '' },
    { region: 'ap-northeast-1' },
    { targetGroup: 'exercise-standby' },
  ),
  fc.constantFrom({ untilMs: Number.NaN }, { startedMs: Number.NaN }, { untilMs: Number.POSITIVE_INFINITY }),
);

describe('a live drill', () => {
  test('that is over, yet to begin, too long or about something else never changes an observation', async () => {
    await fc.assert(
      fc.asyncProperty(anyGroup, anyTargets, anyOther, async (group, targets, changes) => {
        const drill = onWeb(targets, changes);
        const seen = await observedUnder(group, drill);
        const bare = await observedUnder(group, null);
        expect(seen).toEqual({ ...bare, drill: null });
      }),
      { numRuns: 300 },
    );
  });

  test('changes healthy targets that it names into failing ones, and nothing else at all', () => {
    always(fc.tuple(anyGroup, anyTargets), ([group, targets]) => {
      const under = groupUnder(onWeb(targets), group);
      expect(under.targets.map(({ key }) => key)).toEqual(group.targets.map(({ key }) => key));
      group.targets.forEach((was, index) => {
        const is = under.targets[index];
        if (is === undefined) throw new Error('a target is gone');
        const drilled = is.reason === DRILL_REASON;
        if (!drilled) expect(is).toEqual(was);
        else {
          expect(was.state).toBe('healthy');
          expect(targets).toContain(was.key);
          expect(is).toEqual({ ...was, state: 'unhealthy', reason: DRILL_REASON });
          expect(classify(is, false)).toBe('failing');
        }
        expect(isHealthyToAws(is)).toBe(was.state === 'healthy');
      });
    });
  });

  test('yields to a real failure: while one is seen, everything is as it is', () => {
    always(fc.tuple(anyGroup, anyTargets), ([group, targets]) => {
      const fails = group.targets.some((one) => classify(one, false) === 'failing');
      if (fails) expect(groupUnder(onWeb(targets), group)).toBe(group);
    });
  });

  test('is on from its beginning until its end, and no longer', () => {
    always(
      fc.tuple(fc.integer({ min: 1000, max: 840_000 }), fc.integer({ min: -2000, max: 900_000 })),
      ([length, at]) => {
        const drill = onWeb(['i-1:80'], { startedMs: T0, untilMs: T0 + length });
        expect(drillOn(drill, WEB, STATE, T0 + at) !== null).toBe(at < length);
      },
    );
  });
});

/** What one reading of the lab's service shows under this drill. */
async function observedUnder(group: ReturnType<typeof groupOf>, drill: LiveDrill | null) {
  const one = lab();
  one.out.groups.set('exercise-target-group', group);
  const { ports } = one.process();
  const items = { lease: null, frozen: false, budget: EMPTY_BUDGET, drill };
  const subject = { policy: WEB, state: initialState('web') };
  const observe = observer(ports, [subject], new Map(), items, { roundMs: T0, cutMs: T0 + 2500, by: 'loop' });
  return one.until(observe(subject));
}
