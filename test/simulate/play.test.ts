import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { rig } from '../../handlers/rehearsal.ts';
import type { Rig } from '../../lib/drill/rig.ts';
import { drawScript, restrict } from '../../lib/simulate/draw.ts';
import { type Means, play } from '../../lib/simulate/play.ts';
import { playSeed, shrinkSeed } from '../../lib/simulate/seed.ts';
import { tallyOf } from '../../lib/simulate/tally.ts';
import { means, PAIR, written } from './scripts.ts';

const MAIN = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));

/** The production functions with a bug: the fleet is set to one instance more than was decided. */
const offByOne: Rig = (caller, shared, deployed) => {
  const { autoScaling } = caller.clients;
  const off = (region: string) => {
    const client = autoScaling(region);
    const send = (command: { input: { DesiredCapacity?: number } }) => {
      const { input } = command;
      if (input.DesiredCapacity !== undefined) input.DesiredCapacity += 1;
      return client.send(command as never);
    };
    return Object.assign(Object.create(client), { send });
  };
  return rig({ ...caller, clients: { ...caller.clients, autoScaling: off } }, shared, deployed);
};
const buggy: Means = { ...means, rig: offByOne };

/** In which the fleet has to grow. */
const surge = { kind: 'signal', service: 's0', signal: 'cpu', value: 95 } as const;

describe('a play', () => {
  test('is the same, byte for byte, whenever it is played', async () => {
    const script = drawScript(11, 12);
    const [first, again] = [await play(script, means), await play(script, means)];
    expect(again.hash).toBe(first.hash);
    expect(again.last).toEqual(first.last);
    expect(again.coverage.counts).toEqual(first.coverage.counts);
  });

  test('is the same in another process', async () => {
    const here = await playSeed({ seed: 11, minutes: 12 }, means);
    const there = await new Promise<string>((resolve, reject) => {
      const args = [MAIN, 'simulate', '--seed', '11', '--minutes', '12', '--json'];
      execFile(process.execPath, args, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
    });
    expect(JSON.parse(there).hash).toBe(tallyOf([here]).hash);
  });

  test('counts which decisions came about under which faults', async () => {
    const faults = [
      {
        atSeconds: 130,
        what: { kind: 'server', service: 's0', site: 'primary', which: 0, condition: 'refuses' } as const,
      },
    ];
    const { coverage, finding } = await play(written({ policy: PAIR, faults }), means);
    expect(finding).toBeNull();
    expect(coverage.counts['server refuses']?.EJECT).toBe(1);
    expect(coverage.counts['no fault']?.STEADY).toBeGreaterThan(0);
    expect(coverage.reasons.REPLACE).toBe(1);
  });

  test('ends with the first violation, and says what came before', async () => {
    const { finding, last, simulatedSeconds } = await play(
      written({ policy: PAIR, faults: [{ atSeconds: 300, what: surge }] }),
      buggy,
    );
    expect(finding).toMatchObject({ invariant: '1-gate', service: 's0' });
    expect(simulatedSeconds).toBeLessThan(600);
    expect(last).toHaveLength(30);
    expect(last.some((line) => line.includes('SetDesiredCapacity'))).toBe(true);
  });

  test('takes an exception of a function for a finding', async () => {
    const broken: Rig = (...args) => ({ ...rig(...args), onAlarm: () => Promise.reject(new Error('a bug')) });
    const { finding } = await play(written({ policy: PAIR, faults: [{ atSeconds: 130, what: surge }] }), {
      ...means,
      rig: broken,
    });
    expect(finding).toMatchObject({ invariant: '0-unbroken', message: 'onAlarm failed: Error: a bug' });
  });

  test('heals: what was broken and left so is whole at the end', async () => {
    const lines: string[] = [];
    const faults = [
      { atSeconds: 130, what: { kind: 'order', order: { order: 'freeze' } } as const },
      { atSeconds: 140, what: { kind: 'policy', service: 's0', how: 'broken', text: '' } as const },
      {
        atSeconds: 150,
        what: { kind: 'server', service: 's0', site: 'primary', which: 'all', condition: 'hangs' } as const,
      },
    ];
    const { finding } = await play(written({ policy: PAIR, faults }), { ...means, onLine: (line) => lines.push(line) });
    expect(finding).toBeNull();
    expect(lines.filter((line) => line.includes('"health"')).at(-1)).toContain('HEALTHY');
  });
});

describe('a violation', () => {
  const seed = Array.from({ length: 40 }, (_, index) => index).find((index) => {
    const { faults, policies } = drawScript(index, 20);
    const grows = faults.some(({ what }) => what.kind === 'signal' && (what.value ?? 0) > 90);
    return faults.length > 3 && policies.length < 4 && grows;
  }) as number;

  test('is shrunk to what it needs, and that part alone leads to it again', async () => {
    const shrunk = await shrinkSeed({ seed, minutes: 20 }, buggy);
    if (shrunk === null) throw new Error(`seed ${seed} does not let the fleet grow: choose another`);
    const { finding, part, of, schedule } = shrunk;
    expect(schedule.length).toBeLessThan(of);
    const again = await play(restrict(drawScript(seed, 20), part), buggy);
    expect(again.finding).toEqual(finding);
    expect(again.hash).toBe(shrunk.hash);
  });

  test('is not looked for where there is none', async () => {
    expect(await shrinkSeed({ seed: 11, minutes: 3 }, means)).toBeNull();
  });
});
