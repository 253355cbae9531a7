import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { onAlarm } from '../../handlers/on-alarm.ts';
import { onTick } from '../../handlers/on-tick.ts';
import { operate } from '../../handlers/operate.ts';
import { rehearse } from './runtime.ts';

const eventOf = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../events/${name}.json`, import.meta.url), 'utf8'));

interface Answer {
  readonly trigger: { readonly kind: string; readonly services: readonly string[] };
  readonly drill?: { readonly id: string } | null;
  readonly services: readonly {
    readonly service: string;
    readonly mode: string;
    readonly state: string | null;
    readonly decisions: readonly {
      readonly area: string;
      readonly reason: string;
      readonly message: string;
      readonly action: object | null;
      readonly applied: boolean;
      readonly notApplied?: string;
    }[];
    readonly missing: readonly string[];
  }[];
  readonly problems: readonly { readonly code: string; readonly message: string; readonly field?: string }[];
  readonly frozen?: boolean;
}

const MINUTE_MS = 60_000;

describe('onAlarm', () => {
  test.each(['alarm-eventbridge', 'alarm-direct', 'alarm-sns', 'alarm-composite'])(
    '%s: one cycle over the service it concerns',
    async (name) => {
      const { call, counts } = rehearse();
      const answer = (await call(onAlarm, eventOf(name))) as Answer;
      expect(answer.trigger).toEqual({ kind: 'alarm', services: ['web'] });
      expect(counts).toContainEqual(['Alarms', 1, undefined]);
      expect(answer.problems).toEqual([]);
      const [web] = answer.services;
      expect(web).toMatchObject({ service: 'web', mode: 'enforce', state: 'primary', missing: [] });
      expect(web?.decisions.map((d) => d.area).toSorted()).toEqual(['failover', 'health', 'scaling']);
      for (const d of web?.decisions ?? []) expect(d.message.length).toBeGreaterThan(0);
    },
  );

  test('an alarm that concerns no service answers so and reads nothing', async () => {
    const { call, world } = rehearse();
    const event = JSON.stringify(eventOf('alarm-eventbridge'))
      .replaceAll('exercise-group', 'other-group')
      .replaceAll('evenkeel-prod-web-cpu', 'other');
    const answer = (await call(onAlarm, JSON.parse(event))) as Answer;
    expect(answer).toEqual({ trigger: { kind: 'alarm', services: [] }, services: [], problems: [] });
    expect(world.calls()).toEqual({});
  });

  test('an alarm of another stage on the like of our names concerns no service', async () => {
    const { call, world } = rehearse();
    const event = JSON.stringify(eventOf('alarm-composite')).replaceAll('evenkeel-prod-', 'evenkeel-staging-');
    expect(await call(onAlarm, JSON.parse(event))).toMatchObject({ trigger: { kind: 'alarm', services: [] } });
    expect(world.calls()).toEqual({});
  });

  test('a payload that is no alarm is refused by field, counted and logged', async () => {
    const { call, counts, entries } = rehearse();
    const answer = (await call(onAlarm, { source: 'aws.ec2' })) as Answer;
    expect(answer.trigger.kind).toBe('refused');
    expect(answer.problems[0]).toMatchObject({ code: 'BAD_EVENT' });
    expect(answer.problems[0]?.field).toBeDefined();
    expect(counts).toContainEqual(['RefusedEvents', 1, undefined]);
    expect(entries.some((e) => e.level === 'error')).toBe(true);
  });

  test('acts on the live reading, not on what the event says', async () => {
    const { call, world } = rehearse(undefined, { servers: 1 });
    await world.run(world.clock.nowMs() + 5 * MINUTE_MS);
    // The event says ALARM; the fleet is at rest.
    await call(onAlarm, eventOf('alarm-eventbridge'));
    expect(world.history.events.filter((e) => e.kind === 'write')).toEqual([]);
  });
});

describe('onTick', () => {
  test('by hand: so many rounds at their marks, then the last decisions', async () => {
    const { call, world, counts } = rehearse();
    const beganMs = world.clock.nowMs();
    const answer = (await call(onTick, { rounds: 3 })) as Answer;
    expect(answer.trigger).toEqual({ kind: 'tick', services: ['web'] });
    expect(answer.services.map((s) => s.decisions.length)).toEqual([3]);
    const passedMs = world.clock.nowMs() - beganMs;
    expect(passedMs).toBeGreaterThan(15_000);
    expect(passedMs).toBeLessThan(20_000);
    expect(counts.some(([metric]) => metric === 'Heartbeat')).toBe(false);
  });

  test('by hand: answers with every action of all rounds, after the last decisions', async () => {
    const { call, world } = rehearse(undefined, { servers: 1 });
    world.apply({ kind: 'stress', service: 'web', site: 'primary', which: 'all', percent: 90 });
    await world.run(world.clock.nowMs() + 5 * MINUTE_MS);
    const answer = (await call(onTick, { rounds: 3 })) as Answer;
    const decisions = answer.services[0]?.decisions ?? [];
    expect(decisions.slice(0, 3).every((d) => d.action === null)).toBe(true);
    expect(decisions.slice(3)).toMatchObject([
      { area: 'scaling', reason: 'SCALE_OUT', applied: true, action: { kind: 'setCapacity', from: 1, to: 2 } },
    ]);
  });

  test('by hand, beside a live loop: refused, and nothing is read', async () => {
    const { call, state, world } = rehearse();
    const nowMs = world.clock.nowMs();
    await state.takeLease('the schedule', nowMs, nowMs + 75_000, true);
    const answer = (await call(onTick, { rounds: 1 })) as Answer;
    expect(answer.services).toEqual([]);
    expect(answer.problems).toMatchObject([{ code: 'LEASE_HELD' }]);
  });

  test('by hand: rounds that do not fit into the function’s time are said', async () => {
    const { call } = rehearse();
    const answer = (await call(onTick, { rounds: 10 }, 28_000)) as Answer;
    expect(answer.problems).toMatchObject([{ code: 'TIME_UP', message: '8 rounds did not fit into the time' }]);
  });

  test('by schedule: runs its 75 s and counts a heartbeat', async () => {
    const { call, world, counts } = rehearse();
    const beganMs = world.clock.nowMs();
    await call(onTick, eventOf('tick-scheduled'));
    expect(world.clock.nowMs() - beganMs).toBeGreaterThan(70_000);
    expect(counts.filter(([metric]) => metric === 'Heartbeat')).toEqual([['Heartbeat', 1, undefined]]);
    expect(counts).toContainEqual(['HealthyTargets', 2, 'web']);
  });
});

describe('operate', () => {
  test('status shows what a cycle would conclude and changes nothing', async () => {
    const { call, world, state } = rehearse();
    const answer = (await call(operate, { order: 'status' })) as Answer;
    expect(answer.trigger).toEqual({ kind: 'order', services: ['web'] });
    expect(answer.frozen).toBe(false);
    expect(answer.services[0]).toMatchObject({ service: 'web', state: 'primary', orders: {} });
    expect(world.history.events.filter((e) => e.kind === 'write')).toEqual([]);
    expect((await state.load(['web'])).states.size).toBe(0);
  });

  test('failover moves the record, failback moves it again; expect guards both', async () => {
    const { call, world } = rehearse();
    const refusedOrder = (await call(operate, { order: 'failover', service: 'web', expect: 'secondary' })) as Answer;
    expect(refusedOrder.problems).toMatchObject([{ code: 'UNEXPECTED_STATE' }]);
    const over = (await call(operate, { order: 'failover', service: 'web', expect: 'primary' })) as Answer;
    expect(over.problems).toEqual([]);
    expect(over.services[0]).toMatchObject({ state: 'failingOver' });
    expect(world.view('web').weights.recorded).toEqual({ seoul: 0, tokyo: 100 });
    const early = (await call(operate, { order: 'failback', service: 'web' })) as Answer;
    expect(early.problems).toMatchObject([{ code: 'ORDER_REFUSED' }]);
    await world.run(world.clock.nowMs() + MINUTE_MS);
    await call(onTick, { rounds: 1 });
    const back = (await call(operate, { order: 'failback', service: 'web', expect: 'secondary' })) as Answer;
    expect(back.services[0]).toMatchObject({ state: 'failingBack' });
    expect(world.view('web').weights.recorded).toEqual({ seoul: 100, tokyo: 0 });
  });

  test('freeze stops every write, and says so to who orders one; unfreeze ends it', async () => {
    const { call, world } = rehearse();
    expect(((await call(operate, { order: 'freeze' })) as Answer).frozen).toBe(true);
    const answer = (await call(operate, { order: 'failover', service: 'web' })) as Answer;
    expect(answer.problems).toMatchObject([{ code: 'NOT_APPLIED' }]);
    expect(answer.services[0]?.decisions.find((d) => d.action !== null)).toMatchObject({
      applied: false,
      notApplied: 'FROZEN',
    });
    expect(world.view('web').weights.recorded).toEqual({ seoul: 100, tokyo: 0 });
    expect(((await call(operate, { order: 'unfreeze' })) as Answer).frozen).toBe(false);
    await call(operate, { order: 'failover', service: 'web' });
    expect(world.view('web').weights.recorded).toEqual({ seoul: 0, tokyo: 100 });
  });

  test('hold stops one service until release', async () => {
    const { call, world } = rehearse();
    expect(((await call(operate, { order: 'hold', service: 'web' })) as Answer).problems).toEqual([]);
    const held = (await call(operate, { order: 'failover', service: 'web' })) as Answer;
    expect(held.services[0]?.decisions.find((d) => d.action !== null)).toMatchObject({ notApplied: 'HELD' });
    await call(operate, { order: 'release', service: 'web' });
    await call(operate, { order: 'failover', service: 'web' });
    expect(world.view('web').weights.recorded).toEqual({ seoul: 0, tokyo: 100 });
  });

  test('capacity is a floor that expires; above the maximum it is refused', async () => {
    const { call, world } = rehearse(undefined, { servers: 1 });
    const above = (await call(operate, {
      order: 'capacity',
      service: 'web',
      capacity: 3,
      expiresInSeconds: 60,
    })) as Answer;
    expect(above.problems).toMatchObject([{ code: 'ORDER_REFUSED' }]);
    const floor = (await call(operate, {
      order: 'capacity',
      service: 'web',
      capacity: 2,
      expiresInSeconds: 60,
    })) as Answer;
    expect(floor.services[0]?.decisions.find((d) => d.action !== null)).toMatchObject({
      reason: 'CAPACITY_ORDER',
      applied: true,
    });
    expect(world.view('web').primary.group?.desired).toBe(2);
  });

  test('capacity 0 parks the service, below the group’s own minimum too; release gives it back its size', async () => {
    const { call, world } = rehearse();
    await call(operate, { order: 'capacity', service: 'web', capacity: 0 });
    expect(world.view('web').primary.group).toMatchObject({ minSize: 0, desired: 0 });
    await world.run(world.clock.nowMs() + 3 * MINUTE_MS);
    const parked = (await call(onTick, { rounds: 2 })) as Answer;
    expect(parked.services[0]?.decisions.map((d) => d.reason)).toEqual(['PARKED', 'PARKED', 'PARKED']);
    await call(operate, { order: 'release', service: 'web' });
    expect(world.view('web').primary.group).toMatchObject({ minSize: 1, desired: 2 });
  });

  test('stop-drill ends the live drill that is on, shows that it is over, and says so when there is none', async () => {
    const { call, world, state } = rehearse();
    const nowMs = world.clock.nowMs();
    const drill = { id: 'web/1', service: 'web', scenario: 'server-stops' as const, targets: ['i-1:80'] };
    const home = { region: 'ap-northeast-2', targetGroup: 'exercise-target-group' };
    await state.beginDrill({ ...drill, ...home, startedMs: nowMs, untilMs: nowMs + 300_000 }, nowMs);
    expect(((await call(operate, { order: 'status' })) as Answer).drill).toMatchObject({ id: 'web/1' });
    const stopped = (await call(operate, { order: 'stop-drill' })) as Answer;
    expect(stopped).toMatchObject({ drill: null, problems: [] });
    expect((await state.loadController()).drill?.untilMs).toBeLessThan(world.clock.nowMs());
    expect(((await call(operate, { order: 'stop-drill' })) as Answer).problems).toMatchObject([{ code: 'NO_DRILL' }]);
  });

  test('stop-drill without a drill also says whose state cannot be read', async () => {
    const unreadable = new Map([['web', 'not JSON']]);
    const { call } = rehearse(undefined, undefined, (ports) => {
      const load: typeof ports.state.load = async (services) => ({ ...(await ports.state.load(services)), unreadable });
      return { ...ports, state: { ...ports.state, load } };
    });
    const { problems } = (await call(operate, { order: 'stop-drill' })) as Answer;
    expect(problems.map(({ code }) => code)).toEqual(['NO_DRILL', 'STATE_UNREADABLE']);
  });

  test('an unknown service is named with the nearest known one', async () => {
    const { call } = rehearse();
    const answer = (await call(operate, { order: 'hold', service: 'webb' })) as Answer;
    expect(answer.problems).toMatchObject([
      { code: 'UNKNOWN_SERVICE', message: expect.stringContaining('did you mean "web"') },
    ]);
  });

  test('an order that cannot be read is refused by field', async () => {
    const { call } = rehearse();
    const answer = (await call(operate, { order: 'failover' })) as Answer;
    expect(answer).toMatchObject({ trigger: { kind: 'refused' }, problems: [{ code: 'BAD_EVENT', field: 'service' }] });
  });
});
