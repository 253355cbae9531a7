/**
 * The invariants in a whole world: the sandbox is built on another policy than the one that it is judged by, so that the
 * production controller does what this one forbids.
 */
import { describe, expect, it } from 'vitest';
import { rig } from '../../handlers/rehearsal.ts';
import type { Policy } from '../../lib/core/model.ts';
import type { Rig } from '../../lib/drill/rig.ts';
import { drill, failures, web } from './rehearse.ts';

const driven =
  (by: Policy): Rig =>
  (caller, shared) =>
    rig(caller, shared, [by]);

describe('a controller that takes more upon itself than the policy allows', () => {
  it.each([
    ['1-gate', 'server-stops', web({ 'mode: enforce': 'mode: observe' }), web()],
    ['5-rounds', 'server-stops', web({ 'unhealthy: 2, healthy: 2 }': 'unhealthy: 4, healthy: 2 }' }), web()],
    ['6-allowance', 'server-stops', web({ 'minHealthy: 1': 'minHealthy: 2' }), web()],
    [
      '8-readmission',
      'server-stops',
      web({ 'onUnhealthy: replace': 'onUnhealthy: deregister', 'afterSeconds: 30': 'afterSeconds: 300' }),
      web({ 'onUnhealthy: replace': 'onUnhealthy: deregister' }),
    ],
    ['12-missing', 'region-lost', web({ 'missingRounds: 6': 'missingRounds: 12' }), web()],
    ['12-missing', 'targets-fail', web({ 'rounds: 2, missingRounds': 'rounds: 6, missingRounds' }), web()],
    ['14-waited', 'targets-fail', web({ 'afterHealthySeconds: 300': 'afterHealthySeconds: 400' }), web()],
    ['16-moved', 'targets-fail', web(), web({ 'mode: enforce': 'mode: observe' })],
  ] as const)('breaks %s in %s', async (invariant, name, judgedBy, drivenBy) => {
    const result = await drill(name, judgedBy, { rig: driven(drivenBy) });
    expect(result.violations.map((one) => one.invariant)).toContain(invariant);
    expect(result.verdict).toBe('fail');
    expect(failures(result).join('\n')).toContain(`invariant ${invariant}`);
  });
});

describe('a controller that breaks', () => {
  it('fails the drill with what it threw', async () => {
    const broken: Rig = (...args) => ({ ...rig(...args), onTick: () => Promise.reject(new Error('out of order')) });
    const result = await drill('metrics-dark', web(), { rig: broken });
    expect(result.verdict).toBe('fail');
    expect(failures(result).join('\n')).toContain('onTick failed: Error: out of order');
  });

  it('fails the drill with what it reports, and with alarms that it does not answer', async () => {
    const broken: Rig = (caller, shared, policies) => ({
      ...rig(caller, shared, policies),
      onAlarm: async () => {
        shared.journal.write('error', 'the state cannot be read', {});
        throw new Error('no state');
      },
    });
    const result = await drill('duplicate-alarms', web(), { rig: broken });
    expect(failures(result)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('0 of 18 alarm events were heard'),
        'onAlarm failed: Error: no state',
        'the controller reports: the state cannot be read',
      ]),
    );
  });
});
