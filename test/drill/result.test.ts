import { describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../../lib/drill/result.ts';
import { SCENARIOS } from '../../lib/drill/scenarios.ts';
import { attempt, drill, events, policyOf, web } from './rehearse.ts';

describe('what a drill answers', () => {
  it.each(SCENARIOS.map(({ name }) => name))(
    '%s gives the same bytes for the same seed, others for another',
    async (name) => {
      const [once, again, other] = [
        await drill(name, web(), { seed: 7 }),
        await drill(name, web(), { seed: 7 }),
        await drill(name, web(), { seed: 8 }),
      ];
      expect(JSON.stringify(again)).toBe(JSON.stringify(once));
      expect(JSON.stringify(other)).not.toBe(JSON.stringify(once));
    },
  );

  it('has the fields of the issue, and seconds in tenths from the fault', async () => {
    const result = await drill('server-stops', web(), { seed: 3 });
    expect(Object.keys(result)).toEqual([
      'scenario',
      'policy',
      'seed',
      'verdict',
      'measures',
      'timeline',
      'decisions',
      'violations',
    ]);
    expect(result).toMatchObject({
      scenario: 'server-stops',
      policy: 'web.yml',
      seed: 3,
      verdict: 'pass',
      violations: [],
    });
    expect(result.timeline[0]).toMatchObject({ atSeconds: 0, area: 'fault', event: 'server' });
    for (const { atSeconds } of [...result.timeline, ...result.decisions]) {
      expect(Math.round(atSeconds * 10) / 10).toBe(atSeconds);
      expect(atSeconds).toBeGreaterThanOrEqual(0);
    }
  });

  it('keeps each decision that differs from the one before, with its action and its numbers', async () => {
    const { decisions, measures } = await drill('server-stops', web(), { seed: 3 });
    const eject = decisions.find(({ reason }) => reason === 'EJECT');
    expect(eject).toMatchObject({
      atSeconds: measures.decideSeconds,
      service: 'web',
      area: 'health',
      applied: true,
      action: { kind: 'deregisterTarget' },
    });
    expect(eject?.message).toContain('eject i-');
    expect(decisions.map(({ area }) => area)).toEqual(expect.arrayContaining(['scaling', 'health', 'failover']));
  });

  it('tells the timeline as it comes to be, in the order of its times', async () => {
    const told: TimelineEntry[] = [];
    const { timeline } = await drill('targets-fail', web(), { onEvent: (entry) => told.push(entry) });
    expect(told).toEqual(timeline);
    expect(timeline.map(({ atSeconds }) => atSeconds)).toEqual(
      [...timeline].map(({ atSeconds }) => atSeconds).sort((a, b) => a - b),
    );
  });

  it('shows the decision before what it brings about', async () => {
    const result = await drill('server-stops', web(), { seed: 3 });
    const at = (event: string): number => result.timeline.findIndex((entry) => entry.event === event);
    expect(at('EJECT')).toBeGreaterThan(at('unhealthy'));
    expect(at('draining')).toBeGreaterThan(at('EJECT'));
    expect(at('pass')).toBe(result.timeline.length - 1);
  });

  it('moves away and back when a site fails and heals', async () => {
    const result = await drill('targets-fail', web());
    expect(events(result, 'dns-change').map(({ message }) => message)).toEqual([
      expect.stringContaining('seoul 0, tokyo 100'),
      expect.stringContaining('seoul 100, tokyo 0'),
    ]);
    expect(events(result, 'dns-insync')).toHaveLength(2);
  });
});

describe('a policy without the sections that a scenario is about', () => {
  it('is refused in a sentence, and nothing is run', async () => {
    const onEvent = (): never => expect.unreachable('nothing is run');
    expect(await attempt('region-lost', policyOf('api.yml'), { onEvent })).toEqual({
      scenario: 'region-lost',
      policy: 'web.yml',
      refused: 'region-lost needs "failover", which web.yml does not have',
    });
    expect(await attempt('cpu-surge', policyOf('api.yml'))).toMatchObject({
      refused: 'cpu-surge needs "fleet" and "scaling", which web.yml does not have',
    });
  });
});

describe('the list of drills', () => {
  it('has the four of the table first, each with one sentence', () => {
    expect(SCENARIOS.map(({ name }) => name)).toEqual([
      'server-stops',
      'cpu-surge',
      'targets-fail',
      'region-lost',
      'small-standby',
      'relapse',
      'foreign-dns',
      'dns-throttled',
      'dns-down',
      'flapping-target',
      'zone-lost',
      'one-a-minute',
      'two-ports',
      'deployment-one-fails',
      'deployment-all-fail',
      'group-empties',
      'frozen-function',
      'denied-midway',
      'policy-corrupted',
      'metrics-dark',
      'duplicate-alarms',
    ]);
    for (const { summary } of SCENARIOS) expect(summary).toMatch(/^[A-Z][^.]*\.$/);
  });
});
