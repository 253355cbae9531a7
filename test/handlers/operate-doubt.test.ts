/** What an order by hand says when AWS does not say what became of it. */
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../handlers/answer.ts';
import { onTick } from '../../handlers/on-tick.ts';
import { operate } from '../../handlers/operate.ts';
import type { StatePort } from '../../lib/ports.ts';
import { portError } from '../controller/lab.ts';
import { rehearse } from './runtime.ts';

/** A state whose calls are those of `changes`, once `switched.on`. */
function doubtful(changes: (state: StatePort) => Partial<StatePort>) {
  const switched = { on: false };
  const rehearsed = rehearse(undefined, undefined, (ports) => {
    const broken = { ...ports.state, ...changes(ports.state) };
    const state = new Proxy(ports.state, {
      get: (good, name: keyof StatePort) => (switched.on ? broken : good)[name],
    });
    return { ...ports, state };
  });
  return { ...rehearsed, switched };
}

describe('an order by hand in doubt', () => {
  test.each(['freeze', 'unfreeze'])('%s is said to be done when only looking at it failed', async (order) => {
    const { call, state, switched } = doubtful(() => ({
      load: () => Promise.reject(portError('Throttled', 'slow down')),
    }));
    switched.on = true;
    const { problems } = (await call(operate, { order })) as Answer;
    expect(problems).toEqual([
      {
        code: 'NOT_SEEN',
        message: 'it was done, but what it brought cannot be read: slow down; {"order": "status"} tells',
      },
    ]);
    expect((await state.load([])).frozen).toBe(order === 'freeze');
  });

  test('unfreeze without an answer is not said to be undone, and what is seen stands beside it', async () => {
    const { call, switched } = doubtful((state) => ({
      setFrozen: async (...args) => {
        await state.setFrozen(...args);
        throw portError('Unavailable', 'no answer');
      },
    }));
    await call(operate, { order: 'freeze' });
    switched.on = true;
    expect(await call(operate, { order: 'unfreeze' })).toMatchObject({
      frozen: false,
      problems: [
        { code: 'NO_STATE', message: 'it is not known whether this was done, {"order": "status"} tells: no answer' },
      ],
    });
  });

  test('freeze that AWS refuses says that nothing was done', async () => {
    const { call, state, switched } = doubtful(() => ({ setFrozen: () => Promise.reject(portError('Denied', 'no')) }));
    await call(onTick, { rounds: 1 });
    switched.on = true;
    expect(((await call(operate, { order: 'freeze' })) as Answer).problems).toEqual([
      { code: 'NO_STATE', message: 'nothing was done: no' },
    ]);
    expect((await state.load([])).frozen).toBe(false);
  });
});
