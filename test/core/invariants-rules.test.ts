/** Rules of DESIGN section 5 that a write breaks although the site that it leads to, or the target, was good enough. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../lib/core/invariants-evidence.ts';
import type { Policy } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { change } from './builders.ts';
import {
  acts,
  atRest,
  audit,
  broken,
  deregister,
  group,
  instance,
  MINUTE,
  move,
  park,
  reach,
  recorded,
  replace,
  SECOND,
  T0,
  target,
  trouble,
} from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

const FAIL = T0 + MINUTE;
const MOVE = FAIL + 20 * SECOND;
const ill = (id: string, atMs = FAIL) => target(atMs, `${id}:80`, 'unhealthy', 'Target.Timeout');
const well = (id: string, atMs: number) => target(atMs, `${id}:80`, 'healthy');
const messages = (evidence: readonly Evidence[], policy: Policy = WEB): string =>
  audit(evidence, policy)
    .map(({ message }) => message)
    .join('\n');

describe('11: a standby that is not ready', () => {
  // Three of four fail: the site is bad, and not lost.
  const servers = ['i-d', 'i-e'].flatMap((id) => [instance(T0, id, 'InService'), target(T0, `${id}:80`, 'healthy')]);
  const bad = [
    ...atRest(),
    ...servers,
    group(T0 + 1, 4, 'primary', 1, 4),
    ...['i-a', 'i-b', 'i-d'].map((id) => ill(id)),
  ];
  const trip = acts(MOVE, move('secondary'));
  const TOO_SMALL = 'left the primary, which was not lost, for 1 servers of 2 needed';

  it('is not moved to from a site that is not lost', () => {
    expect(messages([...bad, ...trip])).toContain(TOO_SMALL);
    expect(messages([...bad, ill('i-e', MOVE - SECOND), ...trip])).not.toContain(TOO_SMALL);
    expect(messages([...bad, reach(MOVE - SECOND, 'primary', false, true), ...trip])).not.toContain(TOO_SMALL);
    expect(messages([...bad, ...acts(MOVE, move('secondary', 'order'))])).not.toContain(TOO_SMALL);
    const ready = [
      instance(T0, 'i-y', 'InService', 'secondary'),
      target(T0, 'i-y:80', 'healthy', undefined, 'secondary'),
    ];
    expect(messages([...bad, ...ready, ...trip])).not.toContain(TOO_SMALL);
  });

  it('is whatever it is where nobody says what is wanted', () => {
    expect(messages([...bad, ...trip], { ...WEB, fleet: undefined } as unknown as Policy)).not.toContain(TOO_SMALL);
  });
});

describe('14: who is failed back, and to what', () => {
  const down = ['i-a', 'i-b'].map((id) => ill(id));
  const up = ['i-a', 'i-b'].map((id) => well(id, MOVE + MINUTE));
  const back = acts(MOVE + 8 * MINUTE, move('primary', 'failback'));
  const twoThere = [
    group(T0 + 1, 2, 'secondary', 0, 4),
    instance(T0, 'i-d', 'InService', 'secondary'),
    target(T0, 'i-d:80', 'healthy', undefined, 'secondary'),
  ];
  const TOO_FEW = 'failed back to 1 servers, the secondary needs 2';

  it('goes to a primary with as many servers as the secondary has', () => {
    const away = [...atRest(), ...twoThere, ...down, ...acts(MOVE, move('secondary')), ...up];
    expect(broken([...away, ...back])).toEqual([]);
    const half = [...away, target(MOVE + 7 * MINUTE, 'i-a:80', 'initial'), ...back];
    expect(messages(half)).toContain(TOO_FEW);
    expect(messages(half, { ...WEB, scaling: undefined } as unknown as Policy)).not.toContain(TOO_FEW);
    expect(messages(half, { ...WEB, fleet: undefined } as unknown as Policy)).not.toContain(TOO_FEW);
    const groupless = { failover: { secondary: { autoScalingGroup: undefined } } } as never;
    expect(messages(half, change(WEB, groupless))).not.toContain(TOO_FEW);
    expect(messages(half, change(WEB, { fleet: { capacity: { max: 1 } } }))).not.toContain(TOO_FEW);
  });

  it('is left to the person who had moved it', () => {
    const ordered = [...atRest(), ...acts(MOVE, move('secondary', 'order')), ...back];
    expect(messages(ordered)).toContain('failed back although a person had moved away');
    const set = [...atRest(), trouble(MOVE, 'record'), recorded(MOVE, 0, 100), ...back];
    expect(messages(set)).toContain('failed back although a person had moved away');
    // Who puts back what the controller had set has moved nothing.
    const fresh = initialState('web');
    const weights = { seoul: 0, tokyo: 100 };
    const known: Evidence = {
      ...{ atMs: MOVE + 10 * SECOND, kind: 'saved', service: 'web' },
      state: { ...fresh, failover: { ...fresh.failover, phase: 'secondary', weights } },
    };
    const tripped = [...atRest(), ...down, ...acts(MOVE, move('secondary')), ...up];
    const restored = [recorded(MOVE + MINUTE, 100, 0), recorded(MOVE + 2 * MINUTE, 0, 100)];
    expect(messages([...tripped, ...restored, ...back])).toContain('a person had moved away');
    expect(messages([...tripped, known, ...restored, ...back])).not.toContain('a person had moved away');
    expect(broken([...tripped, ...back])).toEqual([]);
  });
});

describe('9: a server that boots', () => {
  it('is not replaced before its warm-up is over', () => {
    const young = [...atRest(), instance(FAIL - SECOND, 'i-d', 'InService'), well('i-d', FAIL - SECOND), ill('i-d')];
    const replaced = (atMs: number) => [...acts(atMs, deregister('i-d')), ...acts(atMs + SECOND, replace('i-d'))];
    expect(messages([...young, ...replaced(MOVE)])).toContain('i-d was replaced while it warmed up');
    expect(broken([...young, ...replaced(FAIL + 2 * MINUTE)])).toEqual([]);
    const none = { ...WEB, scaling: undefined } as unknown as Policy;
    expect(messages([...young, ...replaced(MOVE)], none)).toContain('while it warmed up');
    expect(broken([...young, ...replaced(MOVE)], change(WEB, { scaling: { warmupSeconds: 5 } }))).toEqual([]);
  });
});

describe('2: unparking', () => {
  it('brings back as many as were parked, as far as the group may have them', () => {
    const parked = [...atRest(), ...acts(MOVE, park(0, 0))];
    const unpark = (desired: number) => acts(MOVE + MINUTE, park(1, desired, 'unparkFleet'));
    expect(messages([...parked, ...unpark(1)])).toContain('unparked 1 instances, there had been 2');
    expect(broken([...parked, ...unpark(2)])).toEqual([]);
    expect(broken([...parked, group(MOVE + 30 * SECOND, 0, 'primary', 0, 1), ...unpark(1)])).toEqual([]);
    expect(broken([...atRest(), ...unpark(2)])).toEqual([]);
    expect(messages(acts(MOVE, park(0, 0)))).not.toContain('unparked');
  });

  it('asks nothing of another fleet', () => {
    const other: Evidence = {
      ...{ atMs: MOVE + 30 * SECOND, kind: 'serves', service: 'web', caller: 'onTick/0' },
      policy: change(WEB, { fleet: { autoScalingGroup: 'another' } }),
    };
    expect(
      messages([...atRest(), ...acts(MOVE, park(0, 0)), other, ...acts(MOVE + MINUTE, park(1, 1, 'unparkFleet'))]),
    ).not.toContain('unparked');
  });
});
