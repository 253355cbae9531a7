/** A part of the grid of valid policies over which every drill was played: what failed there though the controller was right. */
import { describe, expect, it } from 'vitest';
import type { Policy } from '../../lib/core/model.ts';
import { drill, events, failures, policyOf, web } from './rehearse.ts';

const SEEDS = [1, 2, 3];

const LARGER = { 'min: 1, max: 2': 'min: 3, max: 20' };
const WHOLE_STANDBY = { 'min: 1, max: 2': 'min: 10, max: 50', 'minReadyPercent: 50': 'minReadyPercent: 100' };
const SLOW_CHECKS = { 'intervalSeconds: 5, timeoutSeconds: 2': 'intervalSeconds: 30, timeoutSeconds: 5' };
const MANY_ROUNDS = { 'rounds: 2, missingRounds: 6': 'rounds: 12, missingRounds: 24' };
const MANUAL = { 'mode: automatic': 'mode: manual' };
const DEREGISTERS = { 'onUnhealthy: replace': 'onUnhealthy: deregister' };
const PANICS_SOON = { 'maxEjectedPercent: 50': 'maxEjectedPercent: 10', 'panicPercent: 50': 'panicPercent: 20' };

/** web.yml without a standby. */
const alone = (edits: Readonly<Record<string, string>>): Policy => ({ ...web(edits), failover: undefined });

describe.each([
  ['dns-down', 'a standby that is small', web(LARGER)],
  ['dns-down', 'a standby that must be whole', web(WHOLE_STANDBY)],
  ['dns-down', 'rounds that take longer than the record as last read counts', web({ ...SLOW_CHECKS, ...MANY_ROUNDS })],
  [
    'dns-throttled',
    'rounds as slow as that',
    web({ 'min: 1, max: 2': 'min: 2, max: 4', ...SLOW_CHECKS, ...MANY_ROUNDS }),
  ],
  ['small-standby', 'manual failback', web(MANUAL)],
  ['small-standby', 'a standby that is ready before the rounds are over', web({ ...SLOW_CHECKS, ...MANY_ROUNDS })],
  ['foreign-dns', 'slow checks', web(SLOW_CHECKS)],
  ['foreign-dns', 'many rounds', web(MANY_ROUNDS)],
  ['foreign-dns', 'slow checks, many rounds and manual failback', web({ ...SLOW_CHECKS, ...MANY_ROUNDS, ...MANUAL })],
  ['zone-lost', 'a group that replaces before the rounds are over', web(SLOW_CHECKS)],
  ['zone-lost', 'a policy that panics', web(PANICS_SOON)],
  ['one-a-minute', 'an idle fleet that is scaled in once it is full', alone(DEREGISTERS)],
])('%s with %s', (name, _, policy) => {
  it('passes', async () => {
    for (const seed of SEEDS) expect(failures(await drill(name, policy, { seed })), `seed ${seed}`).toEqual([]);
  });
});

describe('what was measured', () => {
  const FLEET = policyOf('fleet.yml');
  const EAGER = web({ ...LARGER, '  tolerance: 0.1 ': '  forecast: { trend: true }\n  tolerance: 0.1 ' });

  it.each([
    ['cpu-surge', 'fleet.yml', FLEET],
    ['cpu-surge', 'web.yml with a forecast', EAGER],
    ['cpu-surge', 'web.yml', web()],
    ['zone-lost', 'fleet.yml', FLEET],
    ['zone-lost', 'a policy that panics', web(PANICS_SOON)],
    ['group-empties', 'web.yml without a standby', alone({})],
  ])('comes in its order, and as the verdict says: %s on %s', async (name, _, policy) => {
    for (const seed of [1, 2, 3, 4, 8]) {
      const result = await drill(name, policy, { seed });
      const { detectSeconds, decideSeconds, actSeconds, recoverSeconds } = result.measures;
      const happened = [detectSeconds, decideSeconds, actSeconds, recoverSeconds].filter((one) => one !== null);
      expect(happened, `seed ${seed}`).toEqual(happened.toSorted((a, b) => a - b));
      // Whatever is decided was seen, and all of these come right.
      expect(detectSeconds).not.toBeNull();
      expect(recoverSeconds).not.toBeNull();
      const said = events(result, 'holds').map(({ message }) => /^capacity was full again after (.*) s$/.exec(message));
      const full = said.find((one) => one !== null);
      if (full !== undefined) expect(recoverSeconds).toBe(Number(full[1]));
    }
  });

  it('recovers from a surge when all that the signals asked for serves', async () => {
    for (const seed of [1, 2]) {
      const result = await drill('cpu-surge', FLEET, { seed });
      const order = events(result, 'SCALE_OUT')[0];
      expect(order?.message).toMatch(/^scale out from \d+ to 36:/);
      // A server that is ordered serves after 93 s, and one of these is the last.
      expect(result.measures.recoverSeconds).toBeGreaterThan((order?.atSeconds ?? 0) + 90);
    }
  });
});
