/** What the record's sets say, and whether they are ours to move. */
import { describe, expect, test } from 'vitest';
import { activeByWeights, adoptDns, movedWeights, pairOf, printWeights, sameWeights } from '../../lib/core/dns.ts';
import type { RecordSet } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { dnsOf, known, missing, observe, recordSet, SECOND, T0, type World } from './builders.ts';
import { WEB } from './failover-worlds.ts';

const FAILOVER = WEB.failover as NonNullable<typeof WEB.failover>;
const read = (dns: World['dns'], nowMs = T0) => pairOf(FAILOVER, observe(T0, { dns }), nowMs);
const pair = (...sets: RecordSet[]) => read({ sets });
const AAAA = { type: 'AAAA' };

describe('the pair', () => {
  test('is one weighted set for each site', () => {
    expect(read(dnsOf(100, 0))).toMatchObject({ ok: true, weights: { seoul: 100, tokyo: 0 }, atMs: T0 });
  });

  test('may have A and AAAA sets that say the same', () => {
    const both = [...dnsOf(100, 0).sets, recordSet('seoul', 100, AAAA), recordSet('tokyo', 0, AAAA)];
    expect(pair(...both)).toMatchObject({ ok: true, weights: { seoul: 100, tokyo: 0 }, dns: { sets: both } });
  });

  test.each<[string, RecordSet[]]>([
    ['there is no A record of this name', []],
    ['there is no A record of this name', [recordSet('seoul', 1, AAAA), recordSet('tokyo', 0, AAAA)]],
    ['a A set is not weighted', [recordSet('seoul', 1), recordSet('tokyo', 0, { routing: 'other' })]],
    ['a A set is not weighted', [recordSet('seoul', 1, { routing: 'simple', setIdentifier: undefined })]],
    ['a A set is not weighted', [recordSet('seoul', 1, { weight: undefined })]],
    ['A set osaka is not named by the policy', [...dnsOf(1, 0).sets, recordSet('osaka', 1)]],
    ['the A sets are not one for each site', [recordSet('seoul', 1)]],
    ['the A sets are not one for each site', [recordSet('seoul', 1), recordSet('seoul', 1)]],
    ['the AAAA sets are not one for each site', [...dnsOf(1, 0).sets, recordSet('seoul', 1, AAAA)]],
    [
      'the sets of seoul have different weights',
      [...dnsOf(1, 0).sets, recordSet('seoul', 2, AAAA), recordSet('tokyo', 0, AAAA)],
    ],
  ])('is refused: %s', (because, sets) => {
    expect(pair(...sets)).toEqual({ ok: false, reason: 'DNS_REFUSED', numbers: { because } });
  });

  test.each<[string, World['dns'], number]>([
    ['throttled', missing('throttled'), T0],
    ['not-read', undefined, T0],
    ['too old', known(dnsOf(1, 0), T0), T0 + 301 * SECOND],
  ])('is missing: %s', (why, dns, nowMs) => {
    expect(read(dns, nowMs)).toEqual({ ok: false, reason: 'DNS_MISSING', numbers: { why } });
  });

  test('may have been read five minutes ago', () => {
    expect(read(known(dnsOf(1, 0), T0), T0 + 300 * SECOND)).toMatchObject({ ok: true });
  });
});

describe('weights', () => {
  test.each([
    [100, 0, 'primary'],
    [0, 1, 'secondary'],
    [50, 50, null],
    [0, 0, null],
  ])('%i and %i: traffic is on %s', (seoul, tokyo, site) => {
    expect(activeByWeights(FAILOVER, { seoul, tokyo })).toBe(site);
  });

  test('of sets that are not there count as none', () => {
    expect(activeByWeights(FAILOVER, {})).toBeNull();
  });

  test.each([
    [{ seoul: 100, tokyo: 0 }, 'secondary', { seoul: 0, tokyo: 100 }],
    [{ seoul: 0, tokyo: 255 }, 'primary', { seoul: 255, tokyo: 0 }],
    [{ seoul: 30, tokyo: 70 }, 'secondary', { seoul: 0, tokyo: 70 }],
    [{ seoul: 0, tokyo: 0 }, 'primary', { seoul: 1, tokyo: 0 }],
  ] as const)('%o moved to the %s are %o', (before, to, after) => {
    expect(movedWeights(FAILOVER, before, to)).toEqual(after);
  });

  test('are the same when every set has the same, in any order', () => {
    expect(sameWeights({ a: 1, b: 0 }, { b: 0, a: 1 })).toBe(true);
    expect(sameWeights({ a: 1, b: 0 }, { a: 1, b: 1 })).toBe(false);
    expect(sameWeights({ a: 1 }, { a: 1, b: 0 })).toBe(false);
  });

  test('are printed in one order', () => {
    expect(printWeights({ tokyo: 1, seoul: 0 })).toBe('seoul 0, tokyo 1');
  });
});

describe('adopting', () => {
  const { failover } = initialState('web');
  const ours = { ...failover, weights: { seoul: 100, tokyo: 0 }, change: { id: 'C1', atMs: T0 } };

  test('at first sight takes the weights, and the site that has the traffic', () => {
    expect(adoptDns(FAILOVER, failover, read(dnsOf(0, 9)), false)).toEqual({
      ...failover,
      phase: 'secondary',
      weights: { seoul: 0, tokyo: 9 },
      weightsMs: T0,
      byHand: true,
    });
    expect(adoptDns(FAILOVER, failover, read(dnsOf(9, 0)), false)).toMatchObject({ phase: 'primary', byHand: false });
  });

  test('what was ordered replaces weights of ours', () => {
    expect(adoptDns(FAILOVER, ours, read(dnsOf(0, 5)), true)).toMatchObject({ phase: 'secondary', change: null });
  });

  test.each<[string, typeof failover, World['dns'], boolean]>([
    ['not without an order once there are weights of ours', ours, dnsOf(0, 5), false],
    ['not what is ours already', ours, dnsOf(100, 0), true],
    ['not traffic on both sites', failover, dnsOf(5, 5), true],
    ['not what cannot be read', failover, missing(), true],
  ])('%s', (_, before, dns, ordered) => {
    expect(adoptDns(FAILOVER, before, read(dns), ordered)).toBe(before);
  });
});
