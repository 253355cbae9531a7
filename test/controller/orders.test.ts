/** Orders by hand through the controller, and looking without touching. */
import { describe, expect, test } from 'vitest';
import { newMemory } from '../../lib/controller/cycle.ts';
import { look } from '../../lib/controller/look.ts';
import { giveOrder } from '../../lib/controller/orders.ts';
import type { ServiceOrder } from '../../lib/core/orders.ts';
import { type Lab, lab, portError, WEB } from './lab.ts';
import { calm, failAll, rounds } from './running.ts';

function give(one: Lab, order: ServiceOrder) {
  return one.until(giveOrder(one.process().ports, newMemory(), [WEB], order));
}
const actions = (result: Awaited<ReturnType<typeof give>>) =>
  result.services.flatMap((s) => s.decisions.filter((d) => d.action !== null).map((d) => [d.reason, d.applied]));

describe('an order by hand', () => {
  test('moves at once, and stays moved: going back is left to a person', async () => {
    const { one, process } = await calm();
    const result = await give(one, { order: 'failover', expect: 'primary' });
    expect(result.problems).toEqual([]);
    expect(actions(result)).toEqual([['ORDERED', true]]);
    expect(result.services[0]?.state).toBe('failingOver');
    const later = await rounds(one, process, 70);
    expect(later.at(-1)?.services[0]?.decisions[0]?.reason).toBe('FAILBACK_MANUAL');
    expect(one.count('dns.move')).toBe(1);
    expect(actions(await give(one, { order: 'failback' }))).toEqual([['ORDERED', true]]);
  });

  test('that expects another state is refused, and nothing is touched', async () => {
    const { one } = await calm();
    const before = await one.stateOf('web');
    expect(await give(one, { order: 'failover', expect: 'secondary' })).toEqual({
      services: [],
      problems: [
        {
          code: 'UNEXPECTED_STATE',
          message: 'web is in state primary, not secondary: nothing was done',
          service: 'web',
        },
      ],
    });
    expect(await one.stateOf('web')).toEqual(before);
    expect(one.writes()).toEqual([]);
  });

  test('that the gate refuses says why, and is over', async () => {
    const { one, process } = await calm();
    await give(one, { order: 'hold' });
    const result = await give(one, { order: 'failover' });
    expect(result.problems).toMatchObject([
      { code: 'NOT_APPLIED', service: 'web', message: expect.stringMatching(/: NOT applied, HELD$/) },
    ]);
    await give(one, { order: 'release' });
    await rounds(one, process, 3);
    expect(one.writes()).toEqual([]);
  });

  test('hold stops what would be done, release lets it go on', async () => {
    const { one, process } = await calm();
    expect((await give(one, { order: 'hold' })).problems).toEqual([]);
    failAll(one);
    await rounds(one, process, 4);
    expect(one.writes()).toEqual([]);
    await give(one, { order: 'release' });
    await rounds(one, process, 1);
    expect(one.writes()).toContain('dns.move');
  });

  test('does not lose the race against a tick that saves in between', async () => {
    const { one } = await calm();
    const race = (): void => void one.stateOf('web').then((s) => one.table.save(s));
    one.twists.push({ call: 'state.save', before: race }, { call: 'state.save', before: race });
    const result = await give(one, { order: 'hold' });
    expect(result.problems).toEqual([]);
    expect((await one.stateOf('web')).orders.hold).toBeDefined();
  });

  test('that cannot be written down says that nothing was done', async () => {
    const { one } = await calm();
    one.twists.push({ call: 'state.save', error: portError('Conflict', 'again'), times: 5 });
    expect((await give(one, { order: 'hold' })).problems).toEqual([
      { code: 'CONFLICT', message: 'nothing was done: again', service: 'web' },
    ]);
    one.twists.push({ call: 'state.load', error: portError('Unavailable', 'no table') });
    expect((await give(one, { order: 'hold' })).problems).toEqual([
      { code: 'NO_STATE', message: 'nothing was done: no table', service: 'web' },
    ]);
    one.twists.push({ call: 'state.save', error: portError('Denied', 'not you') });
    expect((await give(one, { order: 'hold' })).problems).toMatchObject([{ message: 'nothing was done: not you' }]);
    expect((await one.stateOf('web')).orders.hold).toBeUndefined();
  });

  test('whose answer is lost does not claim that nothing was done: it may stand', async () => {
    const { one } = await calm();
    one.twists.push({ call: 'state.save', error: portError('Unavailable', 'no answer'), afterEffect: true });
    expect((await give(one, { order: 'hold' })).problems).toEqual([
      {
        code: 'NO_STATE',
        message: 'it is not known whether this was done, {"order": "status"} tells: no answer',
        service: 'web',
      },
    ]);
    expect((await one.stateOf('web')).orders.hold).toBeDefined();
  });

  test('that stands is said to stand, also when the round after it cannot read the state', async () => {
    const { one } = await calm();
    const fail = (): void => void one.twists.push({ call: 'state.load', error: portError('Throttled', 'slow down') });
    one.twists.push({ call: 'state.save', after: fail });
    expect((await give(one, { order: 'hold' })).problems).toEqual([
      {
        code: 'NO_STATE',
        message:
          'the order is written down, and the next round carries it out; the state cannot be read, so this round did nothing: slow down',
      },
    ]);
    expect((await one.stateOf('web')).orders.hold).toBeDefined();
  });

  test('that stands is not told as undone when its round lost a race, could not save, or could not act', async () => {
    const messages = async (twist: (one: Lab) => void) => {
      const { one } = await calm();
      twist(one);
      return (await give(one, { order: 'failover' })).problems.map((p) => p.message);
    };
    const stands = 'the order is written down, and the next round carries it out; ';
    let saves = 0;
    const second = (): boolean => ++saves === 2;
    expect(
      await messages((one) =>
        one.twists.push({ call: 'state.save', when: second, error: portError('Throttled', 'slow') }),
      ),
    ).toEqual([
      `${stands}this round did nothing: slow`,
      expect.stringMatching(/: NOT applied, NOT_SENT; the next round tries again$/),
    ]);
    expect(
      await messages((one) => one.twists.push({ call: 'dns.move', error: portError('Throttled', 'slow') })),
    ).toEqual([expect.stringMatching(/: NOT applied, THROTTLED: slow; the next round tries again$/)]);
    expect(
      await messages((one) =>
        one.twists.push({ call: 'dns.move', error: portError('Unavailable', 'no answer'), afterEffect: true }),
      ),
    ).toEqual([expect.stringMatching(/: it is not known whether that was done, UNCLEAR: no answer$/)]);
  });

  test('for all services reaches those whose state can be written, and names the other', async () => {
    const other = { ...WEB, service: 'api' };
    const one = lab([WEB, other]);
    const isApi = ([state]: readonly unknown[]): boolean => (state as { service?: string }).service === 'api';
    one.twists.push({ call: 'state.save', when: isApi, error: portError('Throttled', 'slow down') });
    const result = await one.until(giveOrder(one.process().ports, newMemory(), [WEB, other], { order: 'release' }));
    expect(result.services.map(({ service }) => service)).toEqual(['web']);
    expect(result.problems).toEqual([{ code: 'NO_STATE', message: 'nothing was done: slow down', service: 'api' }]);
  });

  test('for a service that was never seen is its first state', async () => {
    const one = lab();
    await give(one, { order: 'hold' });
    expect((await one.stateOf('web')).orders.hold).toBeDefined();
  });

  test('for a service whose state nobody understands is refused, and overwrites nothing', async () => {
    const { one } = await calm();
    const { ports } = one.process();
    const load: typeof ports.state.load = async (names) => ({
      ...(await one.table.load(names)),
      states: new Map(),
      unreadable: new Map([['web', 'not JSON']]),
    });
    const odd = { ...ports, state: { ...ports.state, load } };
    const result = await one.until(giveOrder(odd, newMemory(), [WEB], { order: 'failover' }));
    expect(result).toEqual({
      services: [],
      problems: [{ code: 'STATE_UNREADABLE', message: 'not JSON', service: 'web' }],
    });
    expect(one.count('state.save')).toBe((await one.stateOf('web')).version);
  });

  test('between two rounds counts for none: the next mark is a round as ever', async () => {
    const { one, process } = await calm();
    failAll(one);
    await rounds(one, process, 1);
    const before = await one.stateOf('web');
    await give(one, { order: 'hold' });
    expect((await one.stateOf('web')).failover.primary.bad).toBe(before.failover.primary.bad);
  });
});

describe('looking', () => {
  test('says what a cycle would conclude, and saves and changes nothing', async () => {
    const { one, process } = await calm();
    failAll(one);
    await rounds(one, process, 1);
    const before = await one.stateOf('web');
    const writes = one.writes().length;
    await one.clock.run(one.clock.nowMs() + 900);
    const seen = await one.until(look(one.process().ports, [WEB]));
    expect(seen).toMatchObject({
      frozen: false,
      problems: [],
      services: [{ service: 'web', state: 'primary', orders: {} }],
    });
    expect(seen.services[0]?.decisions[0]?.reason).toBe('TRIP');
    expect(seen.services[0]?.decisions.every((d) => !d.applied)).toBe(true);
    expect(await one.stateOf('web')).toEqual(before);
    expect(one.writes()).toHaveLength(writes);
  });

  test('tells that everything is frozen', async () => {
    const { one } = await calm();
    await one.table.setFrozen(true, one.clock.nowMs());
    expect(await one.until(look(one.process().ports, [WEB]))).toMatchObject({ frozen: true });
  });
});
