/** How healthy a site is, and how its counters move with the rounds. */
import { describe, expect, test } from 'vitest';
import type { FailoverState, ProbeTrack, SiteTrack, TargetView } from '../../lib/core/model.ts';
import { isBad, isGood, isLost, type SiteHealth, type Sites, siteHealth, trackSites } from '../../lib/core/sites.ts';
import { initialState } from '../../lib/core/state.ts';
import {
  fleetOf,
  groupOf,
  instance,
  missing,
  observe,
  policyOf,
  SECOND,
  stateOf,
  T0,
  target,
  type World,
} from './builders.ts';
import { WEB } from './failover-worlds.ts';

const FAILOVER = WEB.failover as NonNullable<typeof WEB.failover>;
const ejection = (id: string) => ({ id, port: 80, atMs: T0, times: 1, replace: false });

function healthOf(world: World, ejected: Readonly<Record<string, ReturnType<typeof ejection>>> = {}): SiteHealth {
  return siteHealth(stateOf({ health: { ejected } }), observe(T0, world), 'primary');
}

describe('the healthy share of a site', () => {
  test.each<[string, TargetView[], number, number, number]>([
    ['counts healthy and failing', [target('i-1'), target('i-2', 'unhealthy'), target('i-3')], 2, 3, 200 / 3],
    [
      'leaves out initial, draining, unused and unavailable',
      [
        target('i-1'),
        target('i-2', 'initial'),
        target('i-3', 'draining'),
        target('i-4', 'unused'),
        target('i-5', 'unavailable'),
      ],
      1,
      1,
      100,
    ],
    ['counts what fails while it drains by itself', [target('i-1'), target('i-2', 'unhealthy.draining')], 1, 2, 50],
    ['is none of none', [], 0, 0, 0],
  ])('%s', (_, targets, healthy, total, percent) => {
    expect(healthOf({ targets: groupOf(targets) })).toMatchObject({ known: true, healthy, total, percent });
  });

  test('counts what we ejected for as long as its instance is in service', () => {
    const ejected = { 'i-2:80': ejection('i-2'), 'i-3:80': ejection('i-3') };
    const targets = groupOf([target('i-1'), target('i-2', 'unhealthy.draining')]);
    const fleet = fleetOf(2, {
      instances: [instance('i-1'), instance('i-2'), instance('i-3', { lifecycle: 'Terminating' })],
    });
    expect(healthOf({ targets, fleet }, ejected)).toMatchObject({ healthy: 1, total: 2 });
    expect(healthOf({ targets, fleet: missing() }, ejected)).toMatchObject({ healthy: 1, total: 3 });
    const addresses = { ...targets, targetType: 'ip' as const };
    expect(healthOf({ targets: addresses, fleet }, ejected)).toMatchObject({ healthy: 1, total: 3 });
  });

  test('does not count what AWS refuses to have back: it may be gone for good', () => {
    const gone = { ...ejection('i-9'), refusedMs: T0 };
    expect(healthOf({ fleet: undefined }, { 'i-9:80': ejection('i-9') })).toMatchObject({ healthy: 2, total: 3 });
    expect(healthOf({ fleet: undefined }, { 'i-9:80': gone })).toMatchObject({ healthy: 2, total: 2 });
  });

  test('does not count our ejections against the standby', () => {
    const state = stateOf({ health: { ejected: { 'i-91:80': ejection('i-91') } } });
    expect(siteHealth(state, observe(T0), 'secondary')).toMatchObject({ healthy: 1, total: 1 });
  });

  test('is not known when the targets cannot be read; the probe speaks for itself', () => {
    const dark = { targets: missing() };
    expect(healthOf({ ...dark, probe: true })).toEqual({ ...UNSEEN, probe: true });
    expect(healthOf(dark).probe).toBeNull();
  });

  test('is not told by a failing probe that was never seen to pass, or fails when all is well', () => {
    const failing = observe(T0, { targets: missing(), probe: false });
    const probeIn = (probe?: ProbeTrack) =>
      siteHealth(stateOf({ failover: { primary: { probe } } }), failing, 'primary').probe;
    expect(probeIn()).toBe('doubted');
    expect(probeIn({ proved: false, failingSinceMs: T0 })).toBe('doubted');
    expect(probeIn({ proved: true, failingSinceMs: T0 })).toBe(false);
    expect(probeIn({ proved: true, failingSinceMs: null })).toBe(false);
  });
});

const seen = (healthy: number, total: number): SiteHealth => ({
  known: true,
  healthy,
  servers: healthy,
  total,
  percent: total === 0 ? 0 : (100 * healthy) / total,
  probe: null,
});
const GOOD = seen(2, 2);
const FAILING = seen(0, 2);
const UNSEEN: SiteHealth = { known: false, healthy: 0, servers: 0, total: 0, percent: 0, probe: null };

/** Lets the primary show these readings, 5 s apart or as told. */
function track(
  readings: readonly SiteHealth[],
  everyMs = 5 * SECOND,
): { failover: FailoverState; track: SiteTrack; goodMs: number } {
  let { failover, pace } = initialState('web');
  readings.forEach((primary, index) => {
    const sites: Sites = { primary, secondary: GOOD };
    ({ failover, pace } = trackSites(WEB, FAILOVER, failover, pace, sites, T0 + index * everyMs));
  });
  return { failover, track: failover.primary, goodMs: pace.goodMs.primary };
}
const NONE = { good: 0, bad: 0, missing: 0, goodSinceMs: null };

describe('the word of a probe', () => {
  const PROVED: ProbeTrack = { proved: true, failingSinceMs: null };
  const asked = (site: SiteHealth, ...answers: SiteHealth['probe'][]) => answers.map((probe) => ({ ...site, probe }));
  /** Rounds a minute apart would be gaps: every twelfth of 5 s has an answer. */
  const minutes = (count: number, probe: boolean) =>
    Array.from({ length: count * 12 }, (_, index) => ({ ...GOOD, probe: index % 12 === 0 ? probe : null }));

  test.each<[string, SiteHealth[], ProbeTrack | undefined]>([
    ['is unknown before the first', [GOOD, GOOD], undefined],
    ['is good once it passed', asked(GOOD, null, true, null), PROVED],
    ['is not once it only failed', asked(GOOD, 'doubted', null), { proved: false, failingSinceMs: T0 }],
    ['stays good when it fails once', asked(GOOD, true, false), { proved: true, failingSinceMs: T0 + 5 * SECOND }],
    ['is as good as ever when it passes again', asked(GOOD, true, false, true), PROVED],
    ['is not tested on a bad site', [...asked(GOOD, true), ...asked(FAILING, false)], PROVED],
    ['nor on one that is not seen', [...asked(GOOD, true), ...asked(UNSEEN, false, true)], PROVED],
    [
      'is good for ten minutes of failing',
      [...minutes(1, true), ...minutes(10, false)],
      { proved: true, failingSinceMs: T0 + 60 * SECOND },
    ],
    [
      'and no longer',
      [...minutes(1, true), ...minutes(11, false)],
      { proved: false, failingSinceMs: T0 + 60 * SECOND },
    ],
    [
      'is good though it failed before and after minutes in which nobody saw the site',
      [...minutes(1, true), ...asked(GOOD, false), ...Array.from({ length: 140 }, () => UNSEEN), ...asked(GOOD, false)],
      { proved: true, failingSinceMs: T0 + 153 * 5 * SECOND },
    ],
    [
      'or in which it was bad',
      [
        ...minutes(1, true),
        ...asked(GOOD, false),
        ...Array.from({ length: 140 }, () => FAILING),
        ...asked(GOOD, false),
      ],
      { proved: true, failingSinceMs: T0 + 153 * 5 * SECOND },
    ],
    [
      'that only failed stays doubted over a bad round',
      asked(GOOD, 'doubted').concat(FAILING),
      { proved: false, failingSinceMs: T0 },
    ],
  ])('%s', (_, readings, expected) => {
    expect(track(readings).track.probe).toEqual(expected);
  });

  test('is good though it failed before and after minutes without a round', () => {
    const apart = asked(GOOD, true, false, false);
    expect(track(apart, 660 * SECOND).track.probe).toEqual({ proved: true, failingSinceMs: T0 + 1320 * SECOND });
  });

  test('that says nothing new leaves the state as it is', () => {
    let { failover, pace } = initialState('web');
    const seen = asked(GOOD, true, true, true, false, false).map((primary, index) => {
      const sites: Sites = { primary, secondary: GOOD };
      ({ failover, pace } = trackSites(WEB, FAILOVER, failover, pace, sites, T0 + index * 5 * SECOND));
      return failover;
    });
    expect(seen.map((one, index) => one === seen[index - 1])).toEqual([false, false, true, false, true]);
  });
});

describe('the counters of a site', () => {
  test.each<[string, SiteHealth[], Partial<SiteTrack>]>([
    ['good rounds, as many as count', [GOOD, GOOD, GOOD], { ...NONE, good: 2, goodSinceMs: T0, lastHealthy: 2 }],
    ['bad rounds, as many as count', [FAILING, FAILING, FAILING], { ...NONE, bad: 2, lastHealthy: 0 }],
    ['a bad round ends the good ones', [GOOD, GOOD, FAILING], { ...NONE, bad: 1 }],
    ['a good round ends the bad ones', [FAILING, FAILING, GOOD], { ...NONE, good: 1, goodSinceMs: T0 + 10 * SECOND }],
    ['a missing round ends neither', [GOOD, GOOD, UNSEEN], { good: 2, missing: 1, goodSinceMs: T0, lastHealthy: 2 }],
    ['a reading ends the missing ones', [UNSEEN, UNSEEN, GOOD], { good: 1, missing: 0, goodSinceMs: T0 + 10 * SECOND }],
    ['bad rounds outlast three missing ones', [FAILING, UNSEEN, UNSEEN, UNSEEN], { bad: 1, missing: 3 }],
    ['but not four', [FAILING, UNSEEN, UNSEEN, UNSEEN, UNSEEN], { bad: 0, missing: 4 }],
    ['missing rounds, as many as count', Array.from({ length: 9 }, () => UNSEEN), { missing: 6 }],
    [
      'good rounds do not outlast a hole of more than three intervals',
      [GOOD, UNSEEN, UNSEEN, UNSEEN, GOOD],
      { ...NONE, good: 1, goodSinceMs: T0 + 20 * SECOND },
    ],
    ['but one of three', [GOOD, UNSEEN, UNSEEN, GOOD], { ...NONE, good: 2, goodSinceMs: T0 }],
  ])('%s', (_, readings, expected) => {
    expect(track(readings).track).toMatchObject(expected);
  });

  test('with a threshold of 0 no share is below it: a site without a healthy target is not bad, and still not good', () => {
    const never = { ...FAILOVER, trip: { ...FAILOVER.trip, healthyPercentBelow: 0 } };
    const { failover, pace } = initialState('web');
    const sites: Sites = { primary: FAILING, secondary: GOOD };
    expect(trackSites(WEB, never, failover, pace, sites, T0).failover.primary).toMatchObject({ good: 0, bad: 0 });
  });

  test('an alarm between two rounds is no round', () => {
    expect(track([FAILING, FAILING], 3999).track.bad).toBe(1);
    expect(track([FAILING, FAILING], 4000).track.bad).toBe(2);
  });

  test('after a gap of three intervals rounds are no longer consecutive', () => {
    expect(track([FAILING, FAILING], 15 * SECOND - 1).track.bad).toBe(2);
    expect(track([FAILING, FAILING], 15 * SECOND).track.bad).toBe(1);
    expect(track([GOOD, GOOD], 16 * SECOND).track).toMatchObject({ good: 1, goodSinceMs: T0 + 16 * SECOND });
    expect(track([UNSEEN, UNSEEN], 16 * SECOND).track.missing).toBe(1);
  });

  test('keep their identity when nothing moves, so that a steady round is not saved', () => {
    const { failover } = track([GOOD, GOOD]);
    const pace = {
      healthMs: 0,
      failoverMs: T0 + 5 * SECOND,
      goodMs: { primary: T0 + 5 * SECOND, secondary: T0 + 5 * SECOND },
    };
    const next = trackSites(WEB, FAILOVER, failover, pace, { primary: GOOD, secondary: GOOD }, T0 + 10 * SECOND);
    expect(next.failover).toBe(failover);
    expect(next.pace.goodMs).toEqual({ primary: T0 + 10 * SECOND, secondary: T0 + 10 * SECOND });
    const again = trackSites(
      WEB,
      FAILOVER,
      failover,
      next.pace,
      { primary: FAILING, secondary: GOOD },
      T0 + 11 * SECOND,
    );
    expect(again).toEqual({ failover, pace: next.pace });
  });

  test('move at the pace of the health checks, if there are any', () => {
    const slow = policyOf({ health: { check: { intervalSeconds: 30 } } });
    const { failover, pace } = initialState('web');
    const sites: Sites = { primary: FAILING, secondary: GOOD };
    const first = trackSites(slow, FAILOVER, failover, pace, sites, T0);
    const early = trackSites(slow, FAILOVER, first.failover, first.pace, sites, T0 + 20 * SECOND);
    expect(early.failover.primary.bad).toBe(1);
    expect(trackSites(slow, FAILOVER, first.failover, first.pace, sites, T0 + 30 * SECOND).failover.primary.bad).toBe(
      2,
    );
  });
});

describe('good, bad and lost', () => {
  const NOW = T0 + 10 * SECOND;
  const state = (primary: Partial<SiteTrack>, goodMs = NOW) =>
    stateOf({ failover: { primary }, pace: { goodMs: { primary: goodMs } } });

  test.each<[string, boolean, Partial<SiteTrack>, SiteHealth, number]>([
    ['for its rounds, and now', true, { good: 2 }, GOOD, NOW],
    ['for its rounds, unseen now', true, { good: 2 }, UNSEEN, NOW],
    ['evidence of exactly two intervals ago', true, { good: 2 }, UNSEEN, T0],
    ['evidence of more than two intervals ago', false, { good: 2 }, UNSEEN, T0 - 1],
    ['a round too few', false, { good: 1 }, GOOD, NOW],
    ['failing now', false, { good: 2 }, FAILING, NOW],
    ['nobody there now', false, { good: 2 }, seen(0, 0), NOW],
  ])('good: %s is %s', (_, expected, counts, now, goodMs) => {
    const sites = { primary: now, secondary: GOOD };
    expect(isGood(WEB, FAILOVER, state(counts, goodMs), sites, 'primary', NOW)).toBe(expected);
  });

  test.each<[string, boolean, Partial<SiteTrack>, SiteHealth]>([
    ['below for its rounds, and now', true, { bad: 2 }, seen(1, 3)],
    ['a round too few', false, { bad: 1 }, FAILING],
    ['below for its rounds, good now', false, { bad: 2 }, GOOD],
    ['missing for its rounds and not answering', true, { missing: 6 }, { ...UNSEEN, probe: false }],
    ['missing for its rounds, answering', false, { missing: 6 }, { ...UNSEEN, probe: true }],
    ['missing for its rounds, not probed', false, { missing: 6 }, UNSEEN],
    ['missing a round too few', false, { missing: 5 }, { ...UNSEEN, probe: false }],
    ['bad rounds say nothing of a missing one', false, { bad: 2, missing: 1 }, { ...UNSEEN, probe: false }],
  ])('bad: %s is %s', (_, expected, counts, now) => {
    expect(isBad(FAILOVER, { ...initialState('web').failover.primary, ...counts }, now)).toBe(expected);
  });

  test.each<[string, boolean, SiteHealth]>([
    ['none healthy', true, FAILING],
    ['one healthy of many', false, seen(1, 9)],
    ['missing with a failing probe', true, { ...UNSEEN, probe: false }],
    ['missing with a passing probe', false, { ...UNSEEN, probe: true }],
    ['missing and not probed', false, UNSEEN],
  ])('lost: %s is %s', (_, expected, now) => {
    expect(isLost(now)).toBe(expected);
  });
});
