import { describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../lib/drill/scenarios.ts';
import { attempt, drill, events, failures, policyOf, web } from './rehearse.ts';

const SEEDS = [1, 2, 3];
const CHANGES = ['draining', 'desired', 'dns-change', 'launch', 'scale-in'];
const NAMES = SCENARIOS.map(({ name }) => name);

describe('mode observe', () => {
  const observing = web({ 'mode: enforce': 'mode: observe' });

  it.each(NAMES)('changes nothing in %s', async (name) => {
    const result = await drill(name, observing);
    expect(result.violations).toEqual([]);
    expect(result.measures.actSeconds).toBeNull();
    expect(result.decisions.filter(({ applied }) => applied)).toEqual([]);
    // Where a person edits, or a group heals what it knows to be dead, something changes all the same.
    if (!['foreign-dns', 'group-empties', 'zone-lost'].includes(name))
      expect(CHANGES.flatMap((event) => events(result, event))).toEqual([]);
  });

  it('decides all the same, and the verdict says so', async () => {
    const result = await drill('server-stops', observing);
    expect(result.verdict).toBe('fail');
    expect(result.measures.decideSeconds).toBeLessThanOrEqual(22);
    expect(failures(result)[0]).toMatch(
      /it decided EJECT after .* s .*mode is observe: it changed nothing, as the policy asks/,
    );
    expect(result.decisions.find(({ reason }) => reason === 'EJECT')).toMatchObject({
      applied: false,
      notApplied: 'OBSERVE_MODE',
    });
  });
});

describe('onUnhealthy: deregister', () => {
  const deregisters = web({ 'onUnhealthy: replace': 'onUnhealthy: deregister' });

  it.each(NAMES)('passes %s', async (name) => {
    for (const seed of SEEDS) expect(failures(await drill(name, deregisters, { seed }))).toEqual([]);
  });

  it('ejects a flapping target at most once per back-off', async () => {
    const result = await drill('flapping-target', deregisters);
    const outs = events(result, 'draining').map(({ atSeconds }) => atSeconds);
    expect(outs.length).toBeGreaterThan(2);
    outs.slice(1).forEach((atSeconds, index) => {
      expect(atSeconds - (outs[index] ?? 0)).toBeGreaterThanOrEqual(30 * (index + 1));
    });
  });

  it('takes a server back once somebody has started it again', async () => {
    const result = await drill('server-stops', deregisters);
    expect(result.measures.recoverSeconds).toBeGreaterThan(84);
    expect(events(result, 'launch')).toEqual([]);
  });
});

describe('onUnhealthy: replace', () => {
  it('replaces a flapping server once', async () => {
    const result = await drill('flapping-target', web());
    expect(events(result, 'launch')).toHaveLength(1);
    expect(events(result, 'REPLACE')).toHaveLength(1);
  });
});

describe('other policies', () => {
  it.each(['api.yml', 'fleet.yml'])('%s passes every drill that it has the sections for', async (file) => {
    const policy = policyOf(file);
    let ran = 0;
    for (const name of NAMES) {
      const result = await attempt(name, policy, { seed: 2 });
      if ('refused' in result) continue;
      ran += 1;
      expect(failures(result), name).toEqual([]);
    }
    expect(ran).toBeGreaterThanOrEqual(2);
  });

  it('takes one step out when metrics go dark and the policy asks for it', async () => {
    const careful = web({ 'onMissing: hold': 'onMissing: scaleOut', 'max: 2': 'max: 6' });
    const result = await drill('metrics-dark', careful);
    expect(failures(result)).toEqual([]);
    expect(events(result, 'SIGNAL_MISSING_OUT')).toHaveLength(1);
  });

  it('leaves the way back to a person where failback is manual', async () => {
    const manual = web({ 'mode: automatic': 'mode: manual' });
    const result = await drill('targets-fail', manual);
    expect(result.verdict).toBe('pass');
    expect(events(result, 'dns-change')).toHaveLength(1);
    expect(events(result, 'holds').at(-1)?.message).toContain('failback is manual and waits for a person');
  });

  it('works without a group behind the standby', async () => {
    const bare = web({ ' autoScalingGroup: exercise-standby-group,': '' });
    for (const name of ['targets-fail', 'region-lost']) expect(failures(await drill(name, bare))).toEqual([]);
  });

  it('says that nobody is told while the topic’s region is lost, and fails nothing for it', async () => {
    const deaf = web({ 'sns:ap-northeast-1': 'sns:ap-northeast-2' });
    const result = await drill('region-lost', deaf);
    expect(failures(result)).toEqual([]);
    expect(events(result, 'not-notified').length).toBeGreaterThan(0);
    expect(events(result, 'notified').at(-1)?.atSeconds).toBeGreaterThan(180);
  });

  it('drives a signal that is no CPU by its value', async () => {
    const metric = '{ namespace: Shop, name: Orders, statistic: Sum, periodSeconds: 60, dimensions: { Shop: web } }';
    const orders = web({ 'target: 80  ': `metric: ${metric}\n      target: 80  ` });
    expect(failures(await drill('cpu-surge', orders))).toEqual([]);
  });
});

describe('a policy that cannot help', () => {
  it.each([
    ['cpu-surge', { 'max: 2': 'max: 1' }, 'AT_MAXIMUM: need 2, but the upper bound is 1'],
    [
      'cpu-surge',
      { 'target: 80  ': 'steps: [{ below: 40, remove: 1 }]  ' },
      'AWS never showed it; scaling said STEADY',
    ],
    ['flapping-target', { 'minHealthy: 1': 'minHealthy: 2' }, 'ejected 0 times and replaced 0 times'],
    [
      'region-lost',
      { 'region: ap-northeast-1, targetGroup': 'region: ap-northeast-2, targetGroup' },
      'nothing answered',
    ],
    ['cpu-surge', { 'target: 80': 'target: 95' }, 'AWS never showed it; scaling said STEADY'],
    ['server-stops', { 'max: 2': 'max: 1' }, 'there was only this one server'],
    ['server-stops', { 'minHealthy: 1': 'minHealthy: 2' }, 'MIN_HEALTHY'],
    ['server-stops', { 'replacedPer5Minutes: 3': 'replacedPer5Minutes: 0' }, 'REPLACE_BUDGET'],
    [
      'region-lost',
      { ', probe: https://seoul.example.com/health': '' },
      'never noticed, because failover.primary has no probe',
    ],
  ] as const)('fails %s with %o and says why', async (name, edits, words) => {
    const result = await drill(name, web(edits));
    expect(result.verdict).toBe('fail');
    expect(failures(result).join('\n')).toContain(words);
    expect(result.violations).toEqual([]);
  });
});
