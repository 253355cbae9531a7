import { describe, expect, test } from 'vitest';
import { detectionTimes, turnsAmong } from '../../lib/policy/detection.ts';
import { labPolicy } from '../bench/world.ts';
import { edited, loaded, policyText } from './base.ts';

const WEB = policyText('web.yml');

/** `[detect, decide, act]` by path, signals by name. */
function times(text: string) {
  return Object.fromEntries(
    detectionTimes(loaded(text)).map(({ path, signal, detectSeconds, decideSeconds, actSeconds }) => [
      signal ?? path,
      [detectSeconds, decideSeconds, actSeconds],
    ]),
  );
}

function texts(text: string): string[] {
  return detectionTimes(loaded(text)).map((one) => one.text);
}

describe('the reachable detection times', () => {
  test("of web.yml are the design's table", () => {
    expect(times(WEB)).toEqual({
      health: [12, 22, 24],
      cpu: [180, 185, 187],
      failover: [12, 22, 24],
      regionLost: [30, 35, 37],
    });
  });

  test('are one line each, with the sum and what would shorten it', () => {
    expect(texts(WEB)).toEqual([
      'health: load balancer 5+5+2 s, own rounds +10 s, act +2 s = 24 s; 1 round would save 5 s',
      'scaling: one-minute metric 60+60 s and published 60 s late = 180 s, next round 5 s, act 2 s = 187 s',
      'failover: load balancer 5+5+2 s, own rounds +10 s, act +2 s = 24 s; 1 round would save 5 s',
      'region lost: 6 rounds of 5 s = 30 s, next round 5 s, act 2 s = 37 s',
    ]);
  });

  test('with 10 s between checks everything moves with them', () => {
    expect(times(edited(WEB, ['intervalSeconds: 5', 'intervalSeconds: 10']))).toEqual({
      health: [22, 42, 44],
      cpu: [180, 190, 192],
      failover: [22, 42, 44],
      regionLost: [60, 70, 72],
    });
  });

  test('with one round 5 s are saved, and no more can be', () => {
    const text = edited(WEB, ['unhealthy: 2, healthy', 'unhealthy: 1, healthy']);
    expect(times(text)).toMatchObject({ health: [12, 17, 19] });
    expect(texts(text)[0]).toBe('health: load balancer 5+5+2 s, own rounds +5 s, act +2 s = 19 s');
  });

  test('with three checks and a longer timeout the load balancer is slower', () => {
    const text = edited(
      WEB,
      ['unhealthyThreshold: 2', 'unhealthyThreshold: 3'],
      ['timeoutSeconds: 2', 'timeoutSeconds: 4'],
    );
    expect(times(text)).toMatchObject({ health: [19, 29, 31], failover: [19, 29, 31] });
  });

  test('with a five-minute metric scaling waits for eleven minutes', () => {
    const text = edited(WEB, [
      'target: 80 ',
      'metric: { namespace: AWS/EC2, name: CPUUtilization, periodSeconds: 300, dimensions: {} }\n      target: 80 ',
    ]);
    expect(times(text).cpu).toEqual([660, 665, 667]);
    expect(texts(text)[1]).toContain('5-minute metric 300+300 s');
  });

  test('with a Sum over five minutes it waits a minute more, until that is known to be whole', () => {
    const text = edited(WEB, [
      'target: 80 ',
      'metric: { namespace: Shop, name: Orders, statistic: Sum, periodSeconds: 300, dimensions: {} }\n      target: 80 ',
    ]);
    expect(times(text).cpu).toEqual([720, 725, 727]);
    expect(texts(text)[1]).toContain('published 60 s late, known whole 60 s later = 720 s');
  });

  test('with several signals each has its own, by name', () => {
    const text = edited(WEB, [
      '  tolerance',
      '    - { name: queue, target: 5, metric: { namespace: Shop, name: Q, periodSeconds: 10, dimensions: {} } }\n  tolerance',
    ]);
    expect(times(text)).toMatchObject({ cpu: [180, 185, 187], queue: [80, 85, 87] });
    expect(texts(text)[2]).toBe(
      'scaling (queue): 10-second metric 10+10 s and published 60 s late = 80 s, next round 5 s, act 2 s = 87 s',
    );
  });

  test('without a probe a lost region is never noticed', () => {
    const text = edited(WEB, [', probe: https://seoul.example.com/health', '']);
    expect(times(text).regionLost).toEqual([null, null, null]);
    expect(texts(text)[3]).toBe(
      'region lost: never noticed, because failover.primary has no probe; missing readings alone move nothing',
    );
  });

  test('without health the load balancer is taken to have its defaults, and rounds are 5 s apart', () => {
    const text = `service: a
region: eu-west-1
failover:
  hostedZoneId: Z1
  record: { name: a.example.com }
  primary: { setIdentifier: a, region: eu-west-1, targetGroup: a, probe: "https://a" }
  secondary: { setIdentifier: b, region: eu-north-1, targetGroup: b, probe: "https://b" }
  trip: { missingRounds: 1 }
`;
    expect(times(text)).toEqual({ failover: [70, 80, 82], regionLost: [5, 10, 12] });
    expect(texts(text)).toEqual([
      "failover: load balancer 30+30+10 s (AWS's defaults: there is no health.check to say otherwise), own rounds +10 s, act +2 s = 82 s; 1 round would save 5 s",
      'region lost: 1 round of 5 s = 5 s, next round 5 s, act 2 s = 12 s',
    ]);
  });
});

describe('the turns of services in a region with many target groups', () => {
  const among = (count: number): string[] => turnsAmong(Array.from({ length: count }, (_, n) => labPolicy(n)));

  test('are nothing to speak of while all are read in each round', () => {
    expect(among(35)).toEqual([]);
  });

  test('are told in a line for each region, with the reason', () => {
    const why =
      '36 target groups are to be read in 5 s, and Elastic Load Balancing lets an account read ten a second; 35 are, so each has its turn about every 10 s, and in the next round where something is wrong';
    expect(among(36)).toEqual([`ap-northeast-2: ${why}`, `ap-northeast-1: ${why}`]);
    expect(among(100)[0]).toContain('about every 15 s');
  });
});
