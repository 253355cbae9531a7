import { expect, test } from 'vitest';
import { mostTurns, placeOf, READS_PER_ROUND, readsAmong, regionsRead } from '../../lib/core/target-reads.ts';
import { policyOf } from './builders.ts';

const pair = policyOf();
const { failover: _, ...alone } = pair;
const { health: __, ...fleetOnly } = alone;
const many = (count: number) => Array.from({ length: count }, () => pair);

test('a site stands where the policy says, and the primary of a service without a standby where the service does', () => {
  expect(placeOf(pair, 'secondary')).toEqual({
    region: pair.failover?.secondary.region,
    targetGroup: pair.failover?.secondary.targetGroup,
    group: pair.failover?.secondary.autoScalingGroup,
    probe: pair.failover?.secondary.probe,
  });
  expect(placeOf(alone, 'primary')).toEqual({
    region: pair.region,
    targetGroup: pair.health?.targetGroup,
    group: pair.fleet?.autoScalingGroup,
    probe: undefined,
  });
});

test('a round reads the target group of each site, and none of a service that names none', () => {
  expect(regionsRead(pair)).toEqual(['ap-northeast-2', 'ap-northeast-1']);
  expect(regionsRead(alone)).toEqual(['ap-northeast-2']);
  expect(regionsRead(fleetOnly)).toEqual([]);
  expect(readsAmong([pair, alone])).toEqual(
    new Map([
      ['ap-northeast-2', 2],
      ['ap-northeast-1', 1],
    ]),
  );
});

test('nobody waits where all are read in one round; beyond that no longer than a quarter of the reads takes for all', () => {
  expect(mostTurns([])).toBe(1);
  expect(mostTurns(many(READS_PER_ROUND))).toBe(1);
  expect(mostTurns(many(READS_PER_ROUND + 1))).toBe(5);
  expect(mostTurns(many(120))).toBe(15);
});
