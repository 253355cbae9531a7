import { describe, expect, test } from 'vitest';
import { isAlive } from '../../handlers/heartbeat.ts';
import { onTick } from '../../handlers/on-tick.ts';
import type { TickResult } from '../../lib/controller/rounds.ts';
import { HEARTBEAT } from '../../lib/deploy/names.ts';
import { BROKEN_CYCLES, PortError, type Ports } from '../../lib/ports.ts';
import { labPolicy } from '../bench/world.ts';
import { rehearse } from './runtime.ts';

const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event' };
const gone = (): Promise<never> => Promise.reject(new PortError('Unavailable', 'the table does not answer'));
const bug = (): Promise<never> => Promise.reject(new TypeError('a bug'));

/** How often a tick by schedule counted each metric, over ports with this fault. */
async function countsOf(faulty: (ports: Ports) => Ports, policies = [labPolicy()]) {
  const { call, counts } = rehearse(policies, {}, faulty);
  await call(onTick, SCHEDULED);
  return (metric: string) => counts.filter(([name]) => name === metric).length;
}

describe('the heart beats', () => {
  test('once for a tick that finished its cycles', async () => {
    expect((await countsOf((ports) => ports))(HEARTBEAT)).toBe(1);
  });

  test('when one service of two has a broken cycle: the other is looked after', async () => {
    const count = await countsOf(
      (ports) => ({
        ...ports,
        targets: {
          ...ports.targets,
          describe: (region, group) => (group.endsWith('-1') ? bug() : ports.targets.describe(region, group)),
        },
      }),
      [labPolicy(), labPolicy(1)],
    );
    expect(count(HEARTBEAT)).toBe(1);
    expect(count(BROKEN_CYCLES)).toBeGreaterThan(0);
  });

  test('when one round lost a race to an order, and the others did not', async () => {
    let saves = 0;
    const once = (ports: Ports): Ports => ({
      ...ports,
      state: {
        ...ports.state,
        save: (state) => {
          saves += 1;
          return saves === 2 ? Promise.reject(new PortError('Conflict', 'another was first')) : ports.state.save(state);
        },
      },
    });
    expect((await countsOf(once))(HEARTBEAT)).toBe(1);
    expect(saves).toBeGreaterThan(2);
  });

  test('when the lease was handed over before a round was due', () => {
    expect(isAlive({ policies: [labPolicy()], problems: [] }, { services: [], problems: [], finished: [] })).toBe(true);
  });

  test('with nothing to look after', () => {
    expect(isAlive({ policies: [], problems: [] }, { services: [], problems: [], finished: [] })).toBe(true);
  });
});

describe('the heart does not beat', () => {
  test('when the lease cannot be read', async () => {
    const denied = () => Promise.reject(new PortError('Denied', 'the table may not be read'));
    const count = await countsOf((ports) => ({ ...ports, state: { ...ports.state, loadController: denied } }));
    expect(count(HEARTBEAT)).toBe(0);
  });

  test('when no round can read the state', async () => {
    const count = await countsOf((ports) => ({ ...ports, state: { ...ports.state, load: gone } }));
    expect(count(HEARTBEAT)).toBe(0);
  });

  test('when every cycle broke', async () => {
    const count = await countsOf((ports) => ({ ...ports, targets: { ...ports.targets, describe: bug } }));
    expect(count(HEARTBEAT)).toBe(0);
    expect(count(BROKEN_CYCLES)).toBeGreaterThan(0);
  });

  test('when nothing that was decided could be saved', async () => {
    const count = await countsOf((ports) => ({ ...ports, state: { ...ports.state, save: gone } }));
    expect(count(HEARTBEAT)).toBe(0);
  });

  test('when no policy is left of files that cannot be read', () => {
    const idle: TickResult = { services: [], problems: [], finished: [] };
    expect(isAlive({ policies: [], problems: [{ code: 'BAD_YAML', message: 'web.yml' }] }, idle)).toBe(false);
  });
});
