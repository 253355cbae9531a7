/** What counts as a part of a site, where the auditor judges whether it is good. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../lib/core/invariants-evidence.ts';
import type { Policy } from '../../lib/core/model.ts';
import { change } from './builders.ts';
import { acts, atRest, broken, deregister, MINUTE, move, recorded, T0, target } from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

const FAIL = T0 + MINUTE;
const MOVE = FAIL + 22_000;

describe('the goodness of a site', () => {
  /** i-a is taken out and serves on, i-b is healthy: with it half of the site is good, without it all of it. */
  const half = change(WEB, { failover: { trip: { healthyPercentBelow: 60 } } });
  const out = [target(FAIL, 'i-a:80', 'unhealthy', 'Target.Timeout'), ...acts(MOVE, deregister('i-a'))];
  const serves = (atMs: number, policy: Policy): Evidence => ({
    ...{ atMs, kind: 'serves', service: 'web', caller: 'onTick/0', policy },
  });
  const moved = (...more: Evidence[]) =>
    broken([...atRest(), recorded(T0 + 1, 0, 100), ...out, ...more, ...acts(MOVE + 5 * MINUTE, move('primary'))], half);

  it('counts a target that was taken out and serves on', () => {
    expect(moved()).toContain('11-evidence');
  });

  it('does not count one that was told as left out: it is a person’s, and no part of the site', () => {
    const elsewhere = change(half, { health: { targetGroup: 'renamed' } });
    const leftOut = [serves(MOVE + MINUTE, elsewhere), serves(MOVE + 2 * MINUTE, half)];
    const gone = target(MOVE + 2 * MINUTE, 'i-a:80', null);
    expect(moved(gone)).toContain('11-evidence');
    expect(moved(...leftOut, gone)).not.toContain('11-evidence');
    // Nothing at the site changes meanwhile, and still another policy may find it good (seed 2329).
    const before = target(MOVE + MINUTE - 1, 'i-a:80', null);
    expect(moved(before, ...leftOut)).not.toContain('11-evidence');
  });
});
