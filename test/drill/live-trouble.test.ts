/** Live drills whose own function meets errors: whatever they are, the drill does not stay on for them. */
import { describe, expect, it } from 'vitest';
import { PortError, type Ports } from '../../lib/ports.ts';
import { begun, play, REQUEST } from './live-stage.ts';
import { failures, web } from './rehearse.ts';

/** Rounds that need six failing ones leave the time to come in between. */
const slow = web({ 'unhealthy: 2, healthy: 2 }': 'unhealthy: 6, healthy: 2 }' });

describe('a drill function in trouble', () => {
  const conflicted =
    (change: Partial<Ports['state']>) =>
    (ports: Ports): Ports => ({
      ...ports,
      state: { ...ports.state, ...change },
    });

  it('says so, and undoes what it may have begun, when the beginning has no answer', async () => {
    const played = await play(web(), {
      faulty: (ports) =>
        conflicted({
          beginDrill: async (drill, nowMs) => {
            await ports.state.beginDrill(drill, nowMs);
            throw new PortError('Unavailable', 'no answer');
          },
        })(ports),
    });
    const fromMs = played.world.clock.nowMs();
    expect(await played.refusal()).toMatchObject({ code: 'UNAVAILABLE', message: 'nothing was done: no answer' });
    await played.run(60);
    expect(played.writes(fromMs)).toEqual([]);
    expect(played.cycles.filter(({ result }) => result.drill !== undefined)).toEqual([]);
  });

  it('is refused when another begins first', async () => {
    const other = await play(web(), {
      faulty: conflicted({
        beginDrill: async () => {
          throw new PortError('Conflict', 'begin a live drill: that of api is on');
        },
      }),
    });
    expect(await other.refusal()).toMatchObject({
      code: 'NOT_NOW',
      message: 'service: another live drill was begun first: begin a live drill: that of api is on',
    });
  });

  it('ends the drill as soon as the table takes it', async () => {
    let refused = 0;
    const { played, answer, drill } = await begun(slow, REQUEST, {
      faulty: (ports) =>
        conflicted({
          endDrill: async (id, nowMs) => {
            refused += 1;
            if (refused <= 3) throw new PortError('Throttled', 'later');
            return ports.state.endDrill(id, nowMs);
          },
        })(ports),
    });
    played.world.apply({ kind: 'alarm', service: 'web', alarm: 'evenkeel-web-cpu-high', state: 'ALARM' });
    const result = await played.finish(answer);
    expect(result.ended.by).toBe('alarm');
    expect(refused).toBeGreaterThan(3);
    expect((await drill())?.untilMs).toBeLessThan(played.world.clock.nowMs());
  });

  it('says that it ends by itself when the table can no longer be asked', async () => {
    const { played, answer } = await begun(
      slow,
      { ...REQUEST, expiresInSeconds: 64 },
      {
        faulty: conflicted({
          endDrill: async () => {
            throw new PortError('Denied', 'not yours');
          },
          loadController: async () => {
            throw new PortError('Unavailable', 'no answer');
          },
        }),
      },
    );
    played.world.apply({ kind: 'alarm', service: 'web', alarm: 'evenkeel-web-cpu-high', state: 'ALARM' });
    const result = await played.finish(answer);
    expect(result.verdict).toBe('fail');
    expect(failures(result).at(-1)).toMatch(/whether it is over could not be read: it is by itself at 20/);
  });

  it('does not go on blindly', async () => {
    const { played, answer, fromMs } = await begun(
      web({ 'unhealthy: 2, healthy: 2 }': 'unhealthy: 10, healthy: 2 }' }),
    );
    played.world.apply({ kind: 'api', how: 'silence', operation: 'DescribeAlarms', forSeconds: 120 });
    const result = await played.finish(answer);
    expect(result).toMatchObject({ verdict: 'fail', ended: { by: 'blind' } });
    expect(result.ended.atSeconds).toBeLessThan(25);
    expect(played.writes(fromMs)).toEqual([]);
  });

  it('sees an alarm also while the site cannot be read', async () => {
    const { played, answer, fromMs } = await begun(slow);
    played.world.apply({ kind: 'api', how: 'denied', operation: 'DescribeTargetHealth', forSeconds: 60 });
    played.world.apply({ kind: 'alarm', service: 'web', alarm: 'evenkeel-web-cpu-high', state: 'ALARM' });
    expect((await played.finish(answer)).ended).toMatchObject({ by: 'alarm' });
    expect(played.writes(fromMs)).toEqual([]);
  });

  it('is no reason to leave the drill on: a bug ends it too', async () => {
    const { played, answer, drill } = await begun(slow, REQUEST, {
      faulty: (ports) => ({
        ...ports,
        targets: {
          ...ports.targets,
          describe: async (...args) => {
            if ((await ports.state.loadController()).drill !== null) throw new TypeError('a bug');
            return ports.targets.describe(...args);
          },
        },
      }),
    });
    await expect(played.finish(answer)).rejects.toThrow('a bug');
    expect((await drill())?.untilMs).toBeLessThanOrEqual(played.world.clock.nowMs());
  });
});
