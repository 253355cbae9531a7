/** A live drill in the controller: what its rounds see, what the gate lets through, and what people are told. */
import { describe, expect, test } from 'vitest';
import { act } from '../../lib/controller/act.ts';
import { look } from '../../lib/controller/look.ts';
import { tell } from '../../lib/controller/notices.ts';
import type { LiveDrill } from '../../lib/core/live-drill.ts';
import type { Action } from '../../lib/core/model.ts';
import { groupIn, T0 } from '../core/builders.ts';
import { EJECT, MOVE, NEVER_SAVED, OUT, REPLACE, run, setTargets, why, world } from './gate.ts';
import { type Lab, lab, WEB } from './lab.ts';
import { calm, failOne, reasonsOf, rounds } from './running.ts';

const drillOf = (one: Lab, changes: Partial<LiveDrill> = {}): LiveDrill => ({
  ...{ id: 'web/1', service: 'web', scenario: 'server-stops', region: 'ap-northeast-2' },
  ...{ targetGroup: 'exercise-target-group', targets: ['i-1:80'] },
  ...{ startedMs: one.clock.nowMs(), untilMs: one.clock.nowMs() + 300_000, ...changes },
});

const began = (one: Lab, changes: Partial<LiveDrill> = {}) =>
  one.table.beginDrill(drillOf(one, changes), one.clock.nowMs());

describe('a round under a live drill', () => {
  test('ejects the target after its two rounds, with no call more than another round makes', async () => {
    const { one, process } = await calm();
    const before = one.count('state.load') + one.count('state.loadController');
    await began(one);
    const [first, second] = await rounds(one, process, 2);
    expect(reasonsOf(first)).toContain('health WATCHING');
    expect(reasonsOf(second)).toContain('health EJECT');
    expect(first?.services[0]?.drill).toBe('web/1');
    // Two rounds, and one load at the gate for each of the two actions.
    expect(one.count('state.load') + one.count('state.loadController') - before).toBe(4);
    expect(one.writes()).toEqual(['targets.deregister', 'fleet.replaceInstance']);
  });

  test('counts healthy targets as AWS does: its alarm is for what really fails', async () => {
    const { one, process } = await calm();
    await began(one);
    await rounds(one, process, 1);
    expect(one.out.counts.filter(({ metric }) => metric === 'HealthyTargets').at(-1)?.value).toBe(2);
  });

  test.each([
    ['observe mode', { ...WEB, mode: 'observe' as const }],
    [
      'the minimum of healthy targets',
      { ...WEB, health: { ...WEB.health, limits: { ...WEB.health?.limits, minHealthy: 2 } } },
    ],
  ])('obeys %s', async (_, policy) => {
    const { one, process } = await calm(policy as typeof WEB);
    await began(one);
    await rounds(one, process, 6, [policy as typeof WEB]);
    expect(one.writes()).toEqual([]);
  });

  test('obeys a freeze', async () => {
    const { one, process } = await calm();
    await one.table.setFrozen(true, one.clock.nowMs());
    await began(one);
    await rounds(one, process, 6);
    expect(one.writes()).toEqual([]);
  });

  test('sees a real failure beside it as it is, and only that', async () => {
    const { one, process } = await calm();
    one.out.groups.set('exercise-target-group', groupIn('healthy', 'unhealthy', 'healthy'));
    await began(one);
    const results = await rounds(one, process, 2);
    expect(results.map((r) => r.services[0]?.drill)).toEqual([undefined, undefined]);
    expect(one.calls.filter(({ call }) => call === 'targets.deregister').map(({ args }) => args[2])).toEqual(['i-2']);
  });

  test('keeps a missing reading missing', async () => {
    const { one, process } = await calm();
    await began(one);
    one.out.groups.delete('exercise-target-group');
    const [result] = await rounds(one, process, 1);
    expect(result?.services[0]?.missing).toEqual(['primary.targets: not-found']);
    expect(result?.services[0]?.drill).toBeUndefined();
  });

  test('says which drill is on when somebody looks, and under which the service is seen', async () => {
    const { one } = await calm();
    await began(one);
    const seen = await one.until(look(one.process().ports, [WEB]));
    expect(seen.drill).toMatchObject({ id: 'web/1', targets: ['i-1:80'] });
    expect(seen.services[0]).toMatchObject({ drill: 'web/1' });
    await one.table.endDrill('web/1', one.clock.nowMs());
    const after = await one.until(look(one.process().ports, [WEB]));
    expect(after.drill).toBeNull();
    expect(after.services[0]?.drill).toBeUndefined();
  });
});

describe('the gate', () => {
  const UNDER = { fence: { epoch: null, drill: 'web/1' } };
  const over = ['PRECONDITION: the live drill has ended'];

  test('lets the ejection of a drilled target through while its drill is on', async () => {
    const one = world();
    setTargets(one, 'healthy', 'healthy');
    await began(one);
    expect((await run(one, [EJECT], UNDER)).map(why)).toEqual(['applied']);
  });

  test('is shut for it when the drill has expired, to the millisecond, has ended, or is another', async () => {
    for (const end of [
      (one: Lab) => began(one, { startedMs: one.clock.nowMs() - 300_000, untilMs: one.clock.nowMs() }),
      async (one: Lab) => {
        await began(one);
        await one.table.endDrill('web/1', one.clock.nowMs());
      },
      (one: Lab) => began(one, { id: 'web/2' }),
      (one: Lab) => began(one, { service: 'api' }),
      async () => undefined,
    ]) {
      const one = world();
      setTargets(one, 'healthy', 'healthy');
      await end(one);
      expect((await run(one, [EJECT], UNDER)).map(why)).toEqual(over);
      expect(one.writes()).toEqual([]);
    }
  });

  test('is shut for it when the drill expires while the target is read again', async () => {
    const one = world();
    const process = one.process();
    setTargets(one, 'healthy', 'healthy');
    await began(one, { untilMs: one.clock.nowMs() + 500 });
    one.twists.push({
      call: 'targets.describe',
      after: () => {
        process.sleeper.pausedUntilMs = one.clock.nowMs() + 1000;
      },
    });
    const acted = act(process.ports, WEB, NEVER_SAVED, [EJECT], UNDER.fence, one.clock.nowMs());
    expect((await one.until(acted)).map(why)).toEqual(over);
    expect(one.writes()).toEqual([]);
  });

  test.each<[string, Action]>([
    ['a move of the record', MOVE],
    ['a change of capacity', OUT],
    ['a replacement', REPLACE],
  ])('is shut for %s that was decided under a drill which has ended', async (_, action) => {
    const one = world();
    await began(one);
    await one.table.endDrill('web/1', one.clock.nowMs());
    expect((await run(one, [action], UNDER)).map(why)).toEqual(over);
    expect(one.writes()).toEqual([]);
  });

  test('is not opened by a drill that the cycle did not see', async () => {
    const one = world();
    setTargets(one, 'healthy', 'healthy');
    await began(one);
    expect((await run(one, [EJECT])).map(why)).toEqual(['PRECONDITION: i-1:80 is healthy']);
  });

  test('lets a target that really fails out, drill or no drill', async () => {
    const one = world();
    setTargets(one, 'unhealthy', 'healthy');
    await began(one, { targets: ['i-2:80'] });
    expect((await run(one, [EJECT])).map(why)).toEqual(['applied']);
  });

  test('is shut when the table cannot be read', async () => {
    const one = world();
    setTargets(one, 'healthy', 'healthy');
    await began(one);
    one.twists.push({ call: 'state.load', error: new TypeError('a bug') });
    await expect(run(one, [EJECT], UNDER)).rejects.toThrow('a bug');
    expect(one.writes()).toEqual([]);
  });
});

describe('what people are told', () => {
  const notice = { incident: 'health:EJECT', title: 'EJECT', message: 'eject i-1:80' };
  const drill = drillOf(lab(), { startedMs: T0, untilMs: T0 + 60_000 });
  const told = async (atMs: number, changes: Partial<LiveDrill> | null = {}, policy = WEB) => {
    const one = lab([WEB], atMs);
    const last = changes === null ? null : { ...drill, ...changes };
    await one.until(tell(one.process().ports, policy, [notice], last));
    const [{ subject, message } = { subject: '', message: '' }] = one.out.notices;
    return `${subject} | ${message}`;
  };
  const plain = 'evenkeel web: EJECT | web: eject i-1:80';

  test('is marked during a drill of the service, and for a quarter of an hour after it', async () => {
    const until = new Date(T0 + 60_000).toISOString().slice(11, 19);
    expect(await told(T0 + 30_000)).toBe(
      `evenkeel web: EJECT (live drill) | [live drill server-stops until ${until} UTC] web: eject i-1:80`,
    );
    const after = `evenkeel web: EJECT (after a live drill) | [after the live drill server-stops, over since ${until} UTC] web: eject i-1:80`;
    expect(await told(T0 + 60_000)).toBe(after);
    expect(await told(T0 + 960_000 - 30)).toBe(after);
    expect(await told(T0 + 961_000)).toBe(plain);
  });

  test('is not marked by another’s drill, by none, or by one that claims to be still ahead', async () => {
    expect(await told(T0 + 30_000, null)).toBe(plain);
    expect(await told(T0 + 30_000, { service: 'api' })).toBe(plain);
    expect(await told(T0 - 30_000)).toBe(plain);
    expect(await told(T0 + 30_000, { untilMs: 1e20 })).toBe(plain);
  });

  test('says both where nothing was changed either', async () => {
    expect(await told(T0 + 30_000, {}, { ...WEB, mode: 'observe' })).toContain(
      '| [observe mode, nothing changed] [live drill ',
    );
  });
});

test('a drill that begins while a real failure is under way takes nothing away from it', async () => {
  const { one, process } = await calm();
  failOne(one);
  await rounds(one, process, 1);
  await began(one, { targets: ['i-2:80'] });
  await rounds(one, process, 1);
  expect(one.calls.filter(({ call }) => call === 'targets.deregister').map(({ args }) => args[2])).toEqual(['i-1']);
});
