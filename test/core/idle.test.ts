/** A fleet that serves nobody idles, and its low CPU is no reason to take servers away. */
import { describe, expect, it } from 'vitest';
import { fleetOf, groupIn, groupOf, MINUTE, SECOND, T0 } from './builders.ts';
import { concludes, decideIn, type Scene, stateIn } from './scaling-scene.ts';

const IDLE = Array.from({ length: 6 }, () => 1);
const scene = (more: Partial<Scene> = {}): Scene => ({ count: 2, cpu: IDLE, ...more });

describe('a fleet that idles', () => {
  it('is scaled in when its targets are healthy', () => {
    expect(concludes(scene())).toEqual({ reason: 'SCALE_IN', to: 1 });
  });

  // Drill group-empties without a standby: an emptied target group brought CPU down, and the servers were scaled in; so
  // they were after any other outage, because the window was full of idle datapoints when it was over.
  it.each([
    ['nobody was registered', groupOf([])],
    ['nobody was healthy', groupIn('unhealthy', 'unhealthy')],
  ])('is not scaled in on datapoints from when %s', (_, targets) => {
    const out = decideIn(scene({ world: { targets } }));
    expect(out.state.scaling.lastChangeMs).toBe(T0);
    expect(out.actions.map(({ kind }) => kind)).not.toContain('setCapacity');
    const { lastChangeMs } = out.state.scaling;
    expect(concludes(scene({ state: { scaling: { lastChangeMs } } }), T0 + 5 * SECOND).reason).toBe('STABILIZING');
  });

  it('writes that down once a minute, and only of a fleet that somebody wants', () => {
    const out = { targets: groupOf([]) };
    const noted = (lastChangeMs: number) =>
      decideIn(scene({ world: out, state: { scaling: { lastChangeMs } } })).state.scaling.lastChangeMs;
    expect(noted(T0 - 59 * SECOND)).toBe(T0 - 59 * SECOND);
    expect(noted(T0 - MINUTE)).toBe(T0);
    const nobody = scene({ count: 0, cpu: [], world: { ...out, fleet: fleetOf(0) } });
    expect(decideIn(nobody).state.scaling.lastChangeMs).toBe(stateIn(nobody).scaling.lastChangeMs);
  });
});
