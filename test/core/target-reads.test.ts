import { expect, test } from 'vitest';
import { mostWaitMs, placeOf, READS_PER_ROUND, readsAmong, regionsRead } from '../../lib/core/target-reads.ts';
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
  expect(mostWaitMs([])).toBe(0);
  expect(mostWaitMs(many(READS_PER_ROUND))).toBe(0);
  expect(mostWaitMs(many(READS_PER_ROUND + 1))).toBe(25_000);
  expect(mostWaitMs(many(120))).toBe(75_000);
});

test('who is looked at more often than every 5 s is read more often, and who is more seldom at the same time as others', () => {
  const every = (intervalSeconds: number) => policyOf({ health: { check: { intervalSeconds } } });
  expect(readsAmong([every(2)]).get('ap-northeast-2')).toBe(2.5);
  expect(readsAmong([every(30)]).get('ap-northeast-2')).toBe(1);
});
