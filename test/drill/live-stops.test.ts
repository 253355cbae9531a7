/** Live drills that something comes in between of, and the ends of those that nobody ends. */
import { describe, expect, it } from 'vitest';
import { rig } from '../../handlers/rehearsal.ts';
import type { Rig } from '../../lib/drill/rig.ts';
import { begun, FAILOVER, type Play, play, REQUEST } from './live-stage.ts';
import { failures, web } from './rehearse.ts';

/** Rounds that need six failing ones leave the time to come in between. */
const slow = web({ 'unhealthy: 2, healthy: 2 }': 'unhealthy: 6, healthy: 2 }' });

const ALARM = { kind: 'alarm', service: 'web', alarm: 'evenkeel-web-cpu-high', state: 'ALARM' } as const;

describe('a live drill that is stopped before its answer', () => {
  const stops = [
    ['an alarm', 'alarm', ({ world }: Play) => world.apply(ALARM)],
    [
      'an alarm that no longer knows',
      'alarm',
      ({ world }: Play) => world.apply({ ...ALARM, state: 'INSUFFICIENT_DATA' }),
    ],
    ['an order', 'order', (played: Play) => played.order({ order: 'stop-drill' })],
    ['a freeze', 'order', (played: Play) => played.order({ order: 'freeze' })],
    ['a hold', 'order', (played: Play) => played.order({ order: 'hold', service: 'web' })],
    [
      'a deployment',
      'deployment',
      ({ world }: Play) => world.apply({ kind: 'refresh', service: 'web', site: 'primary', seconds: 600 }),
    ],
  ] as const;

  it.each(stops)('by %s: nothing was done, and nothing is afterwards', async (_, by, stop) => {
    const { played, answer, fromMs, drill } = await begun(slow);
    await played.run(8);
    await stop(played);
    const result = await played.finish(answer);
    expect(result).toMatchObject({ verdict: 'fail', ended: { by }, underWay: [] });
    expect(result.ended.atSeconds).toBeLessThan(16);
    expect((await drill())?.untilMs).toBeLessThan(played.world.clock.nowMs());
    await played.run(300);
    expect(played.writes(fromMs)).toEqual([]);
    expect(played.stage.violations).toEqual([]);
    expect(played.cycles.at(-1)?.result.decisions.map(({ reason }) => reason)).toContain('HEALTHY');
  });

  it('by a target that really fails, which is then answered for itself', async () => {
    const { played, answer, fromMs, drill } = await begun(slow);
    const drilled = (await drill())?.targets ?? [];
    const other = played.world.place('web', 'primary').instanceIds.find((id) => !drilled.includes(`${id}:80`)) ?? '';
    played.world.apply({ kind: 'server', service: 'web', site: 'primary', which: other, condition: 'refuses' });
    const result = await played.finish(answer);
    expect(result.ended).toMatchObject({ by: 'trouble', message: expect.stringContaining(`${other}:80 really fails`) });
    await played.run(300);
    expect(played.stage.violations).toEqual([]);
    const out = played.cycles.flatMap(({ result: { decisions } }) =>
      decisions.flatMap(({ action, applied }) =>
        applied && action?.kind === 'deregisterTarget' ? [action.target.id] : [],
      ),
    );
    expect(out).toEqual([other]);
    // Never did both seem to fail at once: the drill yields in the very reading that shows the failure.
    expect(played.writes(fromMs)).toEqual(['DeregisterTargets', 'SetInstanceHealth']);
  });

  it('by its expiry, although nobody ends it: its function died', async () => {
    const { played, fromMs, drill } = await begun(slow, { ...REQUEST, expiresInSeconds: 64 });
    const until = (await drill())?.untilMs ?? 0;
    played.crash();
    await played.run(26);
    expect(played.writes(fromMs)).toEqual([]);
    await played.run(100);
    // The controller answered on its own; what it did is done, and what it sees is true again.
    expect((await drill())?.untilMs).toBe(until);
    const late = played.cycles.filter(({ atMs, result }) => atMs > until && result.drill !== undefined);
    expect(late).toEqual([]);
    await played.run(600);
    played.stage.finish();
    expect(played.stage.violations).toEqual([]);
    expect(played.world.view('web').primary.targets).toMatchObject({ healthy: 2, registered: 2 });
  });
});

describe('a live drill without its function', () => {
  it('leaves nothing behind where the controller could not answer', async () => {
    const helpless = web({ 'minHealthy: 1': 'minHealthy: 2' });
    const { played, fromMs, drill } = await begun(helpless, { ...REQUEST, expiresInSeconds: 60 });
    const until = (await drill())?.untilMs ?? 0;
    played.crash();
    await played.run(600);
    played.stage.finish();
    expect(played.stage.violations).toEqual([]);
    expect(played.writes(fromMs)).toEqual([]);
    const during = played.cycles.filter(({ result }) => result.drill !== undefined);
    expect(during.length).toBeGreaterThan(8);
    expect(during.every(({ atMs }) => atMs < until)).toBe(true);
    const after = played.cycles.filter(({ atMs }) => atMs > until + 5000);
    expect(after.every(({ result }) => result.decisions.some(({ reason }) => reason === 'HEALTHY'))).toBe(true);
  });

  it('takes a target out once at most, although the drill stays on', async () => {
    const deregisters = web({ 'onUnhealthy: replace': 'onUnhealthy: deregister' });
    const { played, fromMs } = await begun(deregisters);
    played.crash();
    await played.run(600);
    played.stage.finish();
    expect(played.stage.violations).toEqual([]);
    expect(played.writes(fromMs)).toEqual(['DeregisterTargets', 'RegisterTargets']);
  });

  it('moves the record once, replaces no server for it, and comes back, although the drill stays on', async () => {
    const { played, fromMs } = await begun(web(), FAILOVER);
    const servers = played.world.place('web', 'primary').instanceIds;
    played.crash();
    await played.run(1200);
    played.stage.finish();
    expect(played.stage.violations).toEqual([]);
    expect(played.world.place('web', 'primary').instanceIds).toEqual(servers);
    expect(played.world.view('web').weights.served).toEqual({ seoul: 100, tokyo: 0 });
    expect(played.writes(fromMs).filter((write) => write.startsWith('ChangeResource'))).toHaveLength(2);
  });

  it('makes room for the next when it has expired', async () => {
    const { played } = await begun(slow, { ...REQUEST, expiresInSeconds: 64 });
    played.crash();
    await played.run(30);
    expect(await played.refusal({ ...REQUEST, service: 'web' })).toMatchObject({
      code: 'NOT_NOW',
      field: 'service',
      message: expect.stringMatching(/a live drill of web is on until .*: one runs at a time/),
    });
    await played.run(600);
    const again = await played.drill();
    expect(failures(again)).toEqual([]);
  });
});

describe('a live drill that ends between the ejection and the replacement', () => {
  it('lets the controller finish what it began, a round later, on what it really sees', async () => {
    const { played, answer, fromMs, drill } = await begun(web());
    const id = (await drill())?.id ?? '';
    const { ports } = played.runtimeNamed('in-between');
    played.world.history.listen((event) => {
      if (event.kind === 'write' && event.operation === 'DeregisterTargets')
        void ports.state.endDrill(id, ports.clock.nowMs());
    });
    const result = await played.finish(answer);
    const replacements = result.decisions.filter(({ reason }) => reason === 'REPLACE');
    expect(replacements.map(({ applied, notApplied }) => [applied, notApplied])).toEqual([
      [false, 'PRECONDITION: the live drill has ended'],
      [true, undefined],
    ]);
    expect(failures(result)).toEqual([]);
    expect(played.writes(fromMs)).toEqual(['DeregisterTargets', 'SetInstanceHealth']);
    await played.run(300);
    played.stage.finish();
    expect(played.stage.violations).toEqual([]);
    expect(played.world.view('web').primary.targets).toMatchObject({ healthy: 2, registered: 2 });
  });
});

describe('a live drill whose time is up before the service has recovered', () => {
  it.each([
    ['the replacement', web(), [/:80 is out; the group replaces i-/, '1 of 2 servers are healthy']],
    [
      'the readmission',
      web({ 'onUnhealthy: replace': 'onUnhealthy: deregister', 'afterSeconds: 30': 'afterSeconds: 200' }),
      [/:80 is out and is registered again in 1[89]\d s, by the controller/, '1 of 2 servers are healthy'],
    ],
    [
      'a replacement that AWS refuses',
      web(),
      [/:80 is out; i-\w+ is to be replaced, or taken back after 300 s/, '1 of 2 servers are healthy'],
    ],
  ])('fails, and says what is still under way: %s', async (what, policy, words) => {
    const played = await play(policy);
    if (what.includes('refuses'))
      played.world.apply({ kind: 'api', how: 'denied', operation: 'SetInstanceHealth', forSeconds: 60 });
    const result = await played.drill({ ...REQUEST, expiresInSeconds: 24 });
    expect(result).toMatchObject({ verdict: 'fail', ended: { by: 'answer' } });
    expect(failures(result)).toEqual([expect.stringContaining('it was not seen to recover')]);
    for (const one of words)
      expect(result.underWay).toContainEqual(typeof one === 'string' ? one : expect.stringMatching(one));
    await played.run(600);
    expect(played.stage.violations).toEqual([]);
    expect(played.world.view('web').primary.targets).toMatchObject({ healthy: 2, registered: 2 });
  });
});

describe('the failover of a live drill', () => {
  it('is not begun when the drill ends right before it', async () => {
    const { played, answer, drill } = await begun(web(), FAILOVER);
    const id = (await drill())?.id ?? '';
    const { ports } = played.runtimeNamed('in-between');
    // The standby was raised in the first round; the record moves in the second.
    played.world.history.listen((event) => {
      if (event.kind === 'write' && event.operation === 'SetDesiredCapacity')
        void ports.clock.sleep(3000).then(() => ports.state.endDrill(id, ports.clock.nowMs()));
    });
    const result = await played.finish(answer);
    expect(result.ended.by).toBe('order');
    expect(result.underWay.join('\n')).toContain('the standby stays at 2 and goes back to 1');
    await played.run(900);
    played.stage.finish();
    expect(played.stage.violations).toEqual([]);
    expect(played.world.view('web').weights.recorded).toEqual({ seoul: 100, tokyo: 0 });
    expect(played.world.view('web').secondary?.group?.desired).toBe(1);
  });
});

describe('a live drill of the whole site', () => {
  const stuck = [
    [
      'AWS denies the move',
      ({ world }: Play) =>
        world.apply({ kind: 'api', how: 'denied', operation: 'ChangeResourceRecordSets', forSeconds: 900 }),
    ],
    [
      'the standby turns bad',
      ({ world }: Play) => {
        const [which = ''] = world.place('web', 'secondary').instanceIds;
        world.apply({ kind: 'server', service: 'web', site: 'secondary', which, condition: 'refuses' });
      },
    ],
  ] as const;

  it.each(stuck)('ends, as trouble, when the record cannot move: %s', async (_, strike) => {
    const { played, answer, fromMs } = await begun(web(), FAILOVER);
    strike(played);
    const result = await played.finish(answer);
    expect(result).toMatchObject({
      verdict: 'fail',
      ended: { by: 'trouble', message: expect.stringContaining('the record cannot be moved: ') },
    });
    expect(result.ended.atSeconds).toBeLessThan(40);
    await played.run(300);
    played.stage.finish();
    expect(played.stage.violations).toEqual([]);
    expect(played.writes(fromMs)).not.toContain('DeregisterTargets');
  });

  it.each(stuck)(
    'takes no server out, ever, although its function died and the record cannot move: %s',
    async (_, strike) => {
      const { played, fromMs, drill } = await begun(web(), FAILOVER);
      const until = (await drill())?.untilMs ?? 0;
      const servers = played.world.place('web', 'primary').instanceIds;
      strike(played);
      played.crash();
      await played.run((until - played.world.clock.nowMs()) / 1000 + 120);
      played.stage.finish();
      expect(played.stage.violations).toEqual([]);
      const home = played.world.place('web', 'primary').instanceIds;
      expect(servers.filter((id) => !home.includes(id))).toEqual([]);
      const writes = played.writes(fromMs);
      expect(writes).not.toContain('DeregisterTargets');
      expect(writes).not.toContain('SetInstanceHealth');
      const against = played.cycles.flatMap(({ result: { decisions } }) => decisions.flatMap((d) => d.rejected ?? []));
      expect(against).toContainEqual({ option: 'replace one', reason: 'LIVE_DRILL' });
    },
  );
});

describe('the auditor', () => {
  it('looks through the drill’s glass, and sees a controller that believes it too soon', async () => {
    const hasty: Rig = (caller, shared) => rig(caller, shared, [web()]);
    const played = await play(slow, { by: hasty });
    await played.drill();
    expect(played.stage.violations.map(({ invariant }) => invariant)).toContain('5-rounds');
  });
});

describe('a live drill that ends at any moment', () => {
  const moments = Array.from({ length: 6 }, (_, n) => n * 2400);

  it.each([
    ['server-stops, replaced', web(), REQUEST],
    ['server-stops, deregistered', web({ 'onUnhealthy: replace': 'onUnhealthy: deregister' }), REQUEST],
    ['targets-fail', web(), FAILOVER],
  ])('leaves the service as it was: %s', async (_, policy, request) => {
    for (const [seed, afterMs] of moments.entries()) {
      const { played, answer, drill } = await begun(policy, request, { seed });
      const id = (await drill())?.id ?? '';
      const { ports } = played.runtimeNamed('in-between');
      void ports.clock.sleep(afterMs).then(() => ports.state.endDrill(id, ports.clock.nowMs()));
      await played.finish(answer);
      await played.run(1200);
      played.stage.finish();
      expect([...played.stage.violations, ...played.broken], `seed ${seed}, after ${afterMs} ms`).toEqual([]);
      const { primary, secondary, weights } = played.world.view('web');
      expect(primary.targets, `seed ${seed}`).toMatchObject({ healthy: 2, registered: 2 });
      expect(secondary?.group?.desired).toBe(1);
      expect(weights.served).toEqual({ seoul: 100, tokyo: 0 });
    }
  });
});
