/** What was decided against, and what stood against it: `explain` shows both. */
import { describe, expect, it } from 'vitest';
import type { Area, Result } from '../../lib/core/model.ts';
import { dnsOf, fleetOf, groupOf, ids, instance, MINUTE, missing, policyOf, SECOND, T0, target } from './builders.ts';
import { decideSick, type Sick, worldFor } from './health-worlds.ts';
import { decideIn, type Scene } from './scaling-scene.ts';

const BUSY: Scene = { count: 4, cpu: [100] };
const busy = (more: Partial<Scene>): Result => decideIn({ ...BUSY, ...more });
const SICK: Sick = { count: 4, failing: ['i-1'] };
const sick = (more: Partial<Sick>): Result => decideSick({ ...SICK, ...more });
/** Four servers at home, a standby, and a record that is all on the home site. */
const served = (world: Sick['world'], failing: readonly string[] = [], more: Partial<Sick> = {}): Result =>
  sick({
    failing,
    policy: { failover: policyOf().failover },
    world: {
      ...worldFor({ count: 4, failing }),
      standbyTargets: groupOf([target('i-91')]),
      standbyFleet: fleetOf(1),
      dns: dnsOf(100, 0),
      ...world,
    },
    ...more,
  });

const against = (area: Area, { decisions }: Result) =>
  decisions.filter((d) => d.area === area).flatMap(({ rejected = [] }) => rejected);

describe('scaling tells what stood against scaling out', () => {
  it.each([
    ['COOLDOWN', 5, { state: { scaling: { lastScaleOutMs: T0 - 20 * SECOND } } }],
    ['AT_MAXIMUM', 5, { policy: { fleet: { capacity: { max: 4 } } } }],
  ] as const)('%s', (reason, to, more) => {
    expect(against('scaling', busy(more))).toEqual([{ option: `scale out to ${to}`, reason }]);
  });
});

describe('health tells what stood against an ejection or a replacement', () => {
  const warming = {
    policy: { scaling: policyOf().scaling },
    state: { scaling: { inServiceSince: { 'i-1': T0 - MINUTE } } },
  };
  const none = { policy: { health: { limits: { replacedPer5Minutes: 0 } } } };
  const shielded = fleetOf(1, { instances: [instance('i-1', { protectedFromScaleIn: true })] });
  const lone = { count: 1, failing: ['i-1'] };
  it.each<[string, string, Partial<Sick>]>([
    ['WATCHING', 'eject i-1:80', { rounds: 0 }],
    ['INSTANCES_WARMING', 'eject i-1:80', warming],
    ['REPLACE_BUDGET', 'eject i-1:80', none],
    ['REPLACE_BUDGET', 'replace i-1', { ...none, failing: [], ejected: ['i-1'] }],
  ])('%s: %s', (reason, option, more) => {
    expect(against('health', sick(more))).toEqual([{ option, reason }]);
  });

  it('in panic too', () => {
    const result = sick({ ...lone, world: { ...worldFor(lone), fleet: shielded } });
    expect(against('health', result).at(-1)).toEqual({ option: 'replace i-1', reason: 'REPLACE_BLOCKED' });
  });
});

describe('failover tells what stood against a move', () => {
  const gone = { targets: missing(), probe: true };
  const long = { state: { failover: { primary: { missing: 5 } } } };
  it.each<[string, string, Result]>([
    ['WATCHING_SITE', 'move to the secondary', served({}, ids(3))],
    ['WATCHING_SITE', 'move to the secondary', served(gone)],
    ['SITE_MISSING', 'move to the secondary', served(gone, [], long)],
    ['DNS_MISSING', 'move the record', served({ dns: missing() })],
    ['FOREIGN_DNS', 'move the record', served({ dns: dnsOf(50, 50) })],
  ])('%s: %s', (reason, option, result) => {
    expect(against('failover', result)).toEqual([{ option, reason }]);
  });
});
