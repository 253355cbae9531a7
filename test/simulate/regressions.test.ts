/**
 * What simulations have found, each as the least script that led to it. The seed is the one that found it; scripts, not
 * seeds, are kept, because a seed draws something else as soon as the drawing changes.
 */
import { describe, expect, test } from 'vitest';
import { type Outcome, play } from '../../lib/simulate/play.ts';
import { means, PAIR, written } from './scripts.ts';

/** Plays, and returns with the outcome the lines that match, with their seconds. */
async function playing(script: Parameters<typeof written>[0], matching: RegExp) {
  const lines: { readonly atSeconds: number; readonly text: string }[] = [];
  const onLine = (text: string): void => {
    if (matching.test(text)) lines.push({ atSeconds: Number.parseFloat(text), text });
  };
  const outcome: Outcome = await play(written(script), { ...means, onLine });
  return { outcome, lines };
}

const CPU = {
  namespace: 'AWS/EC2',
  name: 'CPUUtilization',
  dimensions: { AutoScalingGroupName: 's0-group' },
};
const QUEUE = { namespace: 'Shop', name: 'Queue Length', dimensions: {} };

describe('found by simulation', () => {
  test('seed 1289: a target was ejected on one reading after eight minutes in which nothing could be read', async () => {
    const policy = { ...PAIR, health: { targetGroup: 's0-targets', rounds: { unhealthy: 10 } } };
    const sick = { service: 's0', site: 'primary', which: 0 } as const;
    const seoul = { kind: 'region', region: 'ap-northeast-2' } as const;
    const { outcome, lines } = await playing(
      {
        policy,
        faults: [
          // Protected it cannot be replaced, and so its rounds are complete long before the region is lost.
          {
            atSeconds: 100,
            what: { kind: 'protection', ...sick, on: true },
            end: { afterSeconds: 200, what: { kind: 'protection', ...sick, on: false } },
          },
          {
            atSeconds: 120,
            what: { kind: 'server', ...sick, condition: 'refuses' },
            end: { afterSeconds: 255, what: { kind: 'server', ...sick, condition: 'ok' } },
          },
          {
            atSeconds: 230,
            what: { ...seoul, lost: true },
            end: { afterSeconds: 150, what: { ...seoul, lost: false } },
          },
        ],
      },
      /DeregisterTargets/,
    );
    expect(outcome.finding).toBeNull();
    expect(outcome.coverage.reasons.REPLACE_BLOCKED).toBeGreaterThan(0);
    expect(lines).toEqual([]);
  });

  test('seed 85: a fleet swung for ever, because what was given away late was counted as still there', async () => {
    const policy = {
      fleet: { autoScalingGroup: 's0-group', capacity: { min: 2, max: 3 } },
      health: { targetGroup: 's0-targets', check: { intervalSeconds: 120 } },
      scaling: {
        signals: [{ name: 'queue', metric: QUEUE, target: 100 }],
        warmupSeconds: 1,
        scaleOut: { cooldownSeconds: 1 },
        scaleIn: { stabilizationSeconds: 60 },
      },
    };
    const surge = { kind: 'person', edit: 'capacity', service: 's0', site: 'primary', desired: 3 } as const;
    const { outcome, lines } = await playing(
      { policy, minutes: 40, healSeconds: 2390, options: { servers: 2 }, faults: [{ atSeconds: 130, what: surge }] },
      /SetDesiredCapacity/,
    );
    expect(outcome.finding).toBeNull();
    expect(lines).toHaveLength(1);
  });

  test('seed 5208: a fleet was scaled in on the Sum of a period whose last minute was not published yet', async () => {
    const metric = { ...QUEUE, statistic: 'Sum', periodSeconds: 120 };
    const policy = {
      fleet: { autoScalingGroup: 's0-group', capacity: { min: 1, max: 4 } },
      scaling: {
        signals: [{ name: 'queue', metric, target: 100 }],
        tolerance: 0,
        warmupSeconds: 1,
        scaleOut: { cooldownSeconds: 1 },
        scaleIn: { stabilizationSeconds: 60 },
      },
    };
    const { outcome, lines } = await playing({ policy, minutes: 60, options: { servers: 2 } }, /SetDesiredCapacity/);
    expect(outcome.finding).toBeNull();
    expect(lines).toEqual([]);
  });

  test('seed 9000034: a fleet was scaled in on an old datapoint, because a pause was taken for the delay of the metric', async () => {
    const policy = {
      fleet: { autoScalingGroup: 's0-group', capacity: { min: 1, max: 21 } },
      scaling: { signals: [{ name: 'cpu', target: 47 }], scaleIn: { stabilizationSeconds: 21 } },
      health: { targetGroup: 's0-targets', rounds: { unhealthy: 1 } },
    };
    // Requests per second by the minute; each surge is over when its datapoint is there.
    const bursts = [30, 0, 30, 135, 0, 30, 0, 30, 135, 30, 0, 30, 30, 135, 6, 30, 135, 30, 30, 30, 0, 0, 30, 135, 30];
    const traffic = bursts.map((requestsPerSecond, minute) => ({
      ...{ atSeconds: 60 * minute, service: 's0', requestsPerSecond },
    }));
    const late = { kind: 'events', function: 'onTick', how: 'reordered', seconds: 159, forSeconds: 1174 } as const;
    const options = { servers: 19, requestsPerSecond: 30, drainSeconds: 286 };
    const { outcome, lines } = await playing(
      { policy, minutes: 28, healSeconds: 1670, options, traffic, faults: [{ atSeconds: 826, what: late }] },
      /SetDesiredCapacity/,
    );
    expect(outcome.finding).toBeNull();
    expect(lines.length).toBeGreaterThan(0);
  });

  test('seed 287: one of two signals of the same metric went dark in the evidence alone, and a scale-in seemed blind', async () => {
    const policy = {
      fleet: { autoScalingGroup: 's0-group', capacity: { min: 1, max: 4 } },
      scaling: {
        signals: [
          { name: 'cpu', target: 60 },
          { name: 'cpu-again', metric: CPU, target: 70 },
        ],
        scaleIn: { stabilizationSeconds: 300 },
      },
    };
    const idle = [{ atSeconds: 60, service: 's0', requestsPerSecond: 1 }];
    const dark = { kind: 'metrics', service: 's0', signal: 'cpu-again', how: 'dark' } as const;
    const { outcome, lines } = await playing(
      { policy, minutes: 12, options: { servers: 3 }, traffic: idle, faults: [{ atSeconds: 180, what: dark }] },
      /SetDesiredCapacity/,
    );
    expect(outcome.finding).toBeNull();
    expect(outcome.coverage.reasons.SIGNAL_MISSING).toBeGreaterThan(0);
    expect(lines.filter(({ text }) => text.includes('"DesiredCapacity":1'))).toEqual([]);
  });

  test('seeds 2061 and 2256: an ejection was forgotten on answers from before it, and the target stayed out for good', async () => {
    const { outcome, lines } = await playing(
      {
        policy: { health: { targetGroup: 's0-targets', onUnhealthy: 'deregister' } },
        minutes: 20,
        options: { servers: 3 },
        faults: [
          {
            atSeconds: 120,
            what: { kind: 'server', service: 's0', site: 'primary', which: 0, condition: 'refuses' },
            end: {
              afterSeconds: 60,
              what: { kind: 'server', service: 's0', site: 'primary', which: 0, condition: 'ok' },
            },
          },
          { atSeconds: 134, what: { kind: 'api', how: 'stale', api: 'elbv2', forSeconds: 60 } },
        ],
      },
      /registerTargets/i,
    );
    expect(outcome.finding).toBeNull();
    expect(lines.map(({ text }) => /(De)?[Rr]egisterTargets/.exec(text)?.[0])).toEqual([
      'DeregisterTargets',
      'RegisterTargets',
    ]);
  });

  test('seed 3000274907: a cool-down was forgotten, because for a minute the policy named no group', async () => {
    const policy = {
      ...PAIR,
      fleet: { autoScalingGroup: 's0-group', capacity: { min: 1, max: 9 } },
      scaling: { signals: [{ name: 'cpu', target: 60 }], scaleOut: { cooldownSeconds: 300, maxStep: 1 } },
    };
    const text = (named: object): string =>
      JSON.stringify({ service: 's0', region: 'ap-northeast-2', health: policy.health, ...named });
    const edit = { kind: 'policy', service: 's0', how: 'changed' } as const;
    const { outcome, lines } = await playing(
      {
        policy,
        minutes: 12,
        traffic: [{ atSeconds: 60, service: 's0', requestsPerSecond: 300 }],
        faults: [
          {
            atSeconds: 240,
            what: { ...edit, text: text({}) },
            end: { afterSeconds: 70, what: { ...edit, text: text(policy) } },
          },
        ],
      },
      /SetDesiredCapacity/,
    );
    expect(outcome.finding).toBeNull();
    const [first = 0, second = 0] = lines.map(({ atSeconds }) => atSeconds);
    expect(first).toBeLessThan(240);
    expect(second - first).toBeGreaterThanOrEqual(300);
  });
});
