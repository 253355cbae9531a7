import { describe, expect, it } from 'vitest';
import type { InvariantName } from '../../lib/core/invariants.ts';
import type { Evidence } from '../../lib/core/invariants-evidence.ts';
import type { Policy } from '../../lib/core/model.ts';
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
  old,
  reach,
  register,
  replace,
  resize,
  SECOND,
  T0,
  target,
  trouble,
} from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

const FAIL = T0 + MINUTE;
const EJECT = FAIL + 12 * SECOND;
const deregisters = change(WEB, { health: { onUnhealthy: 'deregister' } });
const { health: _health, ...noHealth } = WEB;
const withoutHealth = noHealth as Policy;
const { fleet: _fleet, scaling: _scaling, ...noFleet } = deregisters;
const withoutFleet = noFleet as Policy;

const fails = (id: string, atMs = FAIL, port = 80): Evidence =>
  target(atMs, `${id}:${port}`, 'unhealthy', 'Target.Timeout');
const sick = fails('i-a');
/** More healthy servers in the fleet. */
const more = (...ids: string[]): Evidence[] => [
  group(T0, 2 + ids.length, 'primary', 1, 20),
  ...ids.flatMap((id) => [instance(T0, id, 'InService'), target(T0, `${id}:80`, 'healthy')]),
];

describe('5: the rounds of an ejected target', () => {
  it('catches the ejection of a target that has not failed for long enough', () => {
    const early = acts(FAIL + 2 * SECOND, deregister('i-a'));
    expect(audit([...atRest(), sick, ...early])).toMatchObject([
      { invariant: '5-rounds', message: expect.stringMatching('2.1 s, which is less than 2 rounds') },
    ]);
  });

  it('allows for what was read late in a round while a function was paused or a call slow (seed 55120)', () => {
    const early = acts(FAIL + 2 * SECOND, deregister('i-a'));
    const earlier = acts(FAIL + SECOND, deregister('i-a'));
    for (const part of ['functions', 'readings'] as const) {
      expect(broken([...atRest(), trouble(FAIL - SECOND, part, FAIL), sick, ...early])).toEqual([]);
      expect(broken([...atRest(), trouble(FAIL - SECOND, part, FAIL), sick, ...earlier])).toEqual(['5-rounds']);
      expect(broken([...atRest(), trouble(FAIL - MINUTE, part, FAIL - MINUTE), sick, ...early])).toEqual(['5-rounds']);
    }
  });

  it('catches the ejection of a healthy target, or of one that had recovered', () => {
    expect(broken([...atRest(), ...acts(EJECT, deregister('i-a'))])).toEqual(['5-rounds']);
    const recovered = target(EJECT - 5 * SECOND, 'i-a:80', 'healthy');
    expect(broken([...atRest(), sick, recovered, ...acts(EJECT, deregister('i-a'))])).toEqual(['5-rounds']);
  });

  it('overlooks a break that fits between two rounds, not a longer one', () => {
    const flicker = [target(FAIL + 5 * SECOND, 'i-a:80', 'healthy'), fails('i-a', FAIL + 9 * SECOND)];
    const longer = [target(FAIL + 3 * SECOND, 'i-a:80', 'healthy'), fails('i-a', FAIL + 9 * SECOND)];
    expect(broken([...atRest(), sick, ...flicker, ...acts(EJECT, deregister('i-a'))])).toEqual([]);
    expect(broken([...atRest(), sick, ...longer, ...acts(EJECT, deregister('i-a'))])).toEqual(['5-rounds']);
  });

  it('does not count the load balancer’s own troubles', () => {
    const elb = target(FAIL, 'i-a:80', 'unhealthy', 'Elb.InternalError');
    expect(broken([...atRest(), elb, ...acts(EJECT, deregister('i-a'))])).toContain('5-rounds');
  });

  it('catches the ejection of a target that was not registered', () => {
    const drained = target(FAIL - 5 * SECOND, 'i-a:80', 'unhealthy.draining', 'Target.Timeout');
    expect(audit([...atRest(), drained, ...acts(EJECT, deregister('i-a'))])).toMatchObject([
      { message: 'i-a:80 was ejected, but not registered' },
    ]);
    const unseen = acts(EJECT, deregister('i-z')).filter(({ kind }) => kind !== 'target');
    expect(broken([...atRest(), ...unseen])).toEqual(['5-rounds']);
  });

  it('catches any ejection where the policy has no health, or at the other site', () => {
    expect(broken([...atRest(), sick, ...acts(EJECT, deregister('i-a'))], withoutHealth)).toEqual(['5-rounds']);
    const elsewhere = { kind: 'deregister', site: 'secondary', key: 'i-a:80' } as const;
    expect(broken([...atRest(), sick, ...acts(EJECT, deregister('i-a'), elsewhere)])).toContain('5-rounds');
  });
});

describe('6: the allowance', () => {
  const two = [sick, fails('i-b')];
  const [first, second] = [acts(EJECT, deregister('i-a')), acts(EJECT + 5 * SECOND, deregister('i-b'))];

  it('catches more ejected targets than the share allows', () => {
    const evidence = [...atRest(), ...more('i-d'), ...two, ...first, ...second];
    expect(audit(evidence, deregisters).filter(({ invariant }) => invariant === '6-allowance')).toMatchObject([
      { message: '2 targets are ejected, 1 of 3 are allowed' },
    ]);
    expect(broken([...atRest(), ...more('i-d', 'i-e', 'i-f', 'i-g'), ...two, ...first, ...second])).toEqual([]);
  });

  it('catches an ejection that leaves fewer healthy than are to stay', () => {
    const strict = change(WEB, { health: { limits: { minHealthy: 2 } } });
    expect(broken([...atRest(), sick, ...first], strict)).toEqual(['6-allowance']);
    expect(broken([...atRest(), sick, ...first])).toEqual([]);
  });

  it('lets panic go below only where none may have been healthy', () => {
    const strict = change(WEB, { health: { limits: { minHealthy: 2 } } });
    const inPanic = acts(EJECT, { ...deregister('i-a'), reason: 'PANIC_REPLACE' });
    expect(broken([...atRest(), ...two, ...inPanic], strict)).not.toContain('6-allowance');
    const blinking = [target(EJECT - SECOND, 'i-b:80', 'unhealthy', 'Target.Timeout')];
    expect(broken([...atRest(), sick, ...blinking, ...inPanic], strict)).not.toContain('6-allowance');
    expect(broken([...atRest(), sick, ...inPanic], strict)).toEqual(['6-allowance']);
  });
});

describe('7: panic', () => {
  it('catches a second ejection while everything fails', () => {
    const evidence = [
      sick,
      fails('i-b'),
      ...acts(EJECT, deregister('i-a')),
      ...acts(EJECT + 5 * SECOND, deregister('i-b')),
    ];
    expect(broken([...atRest(), ...evidence])).toContain('7-panic');
  });

  it('catches it too while enough fail at once, though others are healthy', () => {
    const wide = change(WEB, { health: { limits: { maxEjectedPercent: 100 } } });
    const wave = ['i-a', 'i-b', 'i-d'].map((id) => fails(id));
    const evidence = [...atRest(), ...more('i-d', 'i-e'), ...wave];
    const both = [...acts(EJECT, deregister('i-a')), ...acts(EJECT + 5 * SECOND, deregister('i-b'))];
    expect(broken([...evidence, ...both], wide)).toEqual(['7-panic']);
  });

  it('lets one instance go at a time, with all of its ports', () => {
    const ports = [target(T0, 'i-a:81', 'healthy'), target(T0, 'i-b:81', 'healthy')];
    const all = ['i-a', 'i-b'].flatMap((id) => [fails(id), fails(id, FAIL, 81)]);
    const panics = (port: number) => ({ ...deregister('i-a', port), reason: 'PANIC_REPLACE' as const });
    const both = [...acts(EJECT, panics(80)), ...acts(EJECT + SECOND, panics(81))];
    expect(broken([...atRest(), ...ports, ...all, ...both])).toEqual([]);
  });
});

describe('8: readmission', () => {
  const ejected = [sick, ...acts(EJECT, deregister('i-a'))];
  const gone = target(EJECT + 31 * SECOND, 'i-a:80', null);

  it('catches the registration of what was not ejected by us', () => {
    expect(broken([...atRest(), ...acts(EJECT, register('i-z'))])).toEqual(['8-readmission']);
    expect(broken([...atRest(), ...acts(EJECT, register('i-z'))], withoutHealth)).toEqual(['8-readmission']);
  });

  it('catches a readmission before the back-off is over, which grows with every ejection', () => {
    const soon = acts(EJECT + 20 * SECOND, register('i-a'));
    const later = EJECT + 35 * SECOND;
    const again = [fails('i-a', later + 10 * SECOND), ...acts(later + 25 * SECOND, deregister('i-a'))];
    const tooSoon = acts(later + 65 * SECOND, register('i-a'));
    const inTime = acts(later + 90 * SECOND, register('i-a'));
    expect(broken([...atRest(), ...ejected, ...soon], deregisters)).toEqual(['8-readmission']);
    expect(
      broken([...atRest(), ...ejected, gone, ...acts(later, register('i-a')), ...again, ...tooSoon], deregisters),
    ).toEqual(['8-readmission']);
    expect(
      broken([...atRest(), ...ejected, gone, ...acts(later, register('i-a')), ...again, ...inTime], deregisters),
    ).toEqual([]);
  });

  it('forgets ejections after an hour', () => {
    const later = EJECT + 35 * SECOND;
    const again = later + 70 * MINUTE;
    const evidence = [
      ...acts(later, register('i-a')),
      target(later + 9 * SECOND, 'i-a:80', 'healthy'),
      fails('i-a', again),
    ];
    const rest = [...acts(again + 10 * SECOND, deregister('i-a')), ...acts(again + 45 * SECOND, register('i-a'))];
    expect(broken([...atRest(), ...ejected, gone, ...evidence, ...rest], deregisters)).toEqual([]);
  });

  it('waits the longest time for one that is to be replaced', () => {
    expect(broken([...atRest(), ...ejected, ...acts(EJECT + 60 * SECOND, register('i-a'))])).toEqual(['8-readmission']);
    expect(broken([...atRest(), ...ejected, ...acts(EJECT + 310 * SECOND, register('i-a'))])).toEqual([]);
  });

  it('catches the readmission of a target whose instance does not serve, where there is a fleet', () => {
    const leaving = instance(EJECT + 10 * SECOND, 'i-a', 'Terminating');
    const back = acts(EJECT + 40 * SECOND, register('i-a'));
    expect(broken([...atRest(), ...ejected, leaving, ...back], deregisters)).toEqual(['8-readmission']);
    expect(broken([...atRest(), ...ejected, leaving, ...back], withoutFleet)).toEqual([]);
    const nobodys = [...atRest(), ...ejected, ...back].filter((one) => !(one.kind === 'instance' && one.id === 'i-a'));
    expect(broken(nobodys, deregisters)).toEqual(['8-readmission']);
  });

  it('catches a second registration of what somebody else had registered again', () => {
    const person = target(EJECT + 10 * SECOND, 'i-a:80', 'initial');
    expect(
      broken([...atRest(), ...ejected, person, ...acts(EJECT + 40 * SECOND, register('i-a'))], deregisters),
    ).toEqual(['8-readmission']);
  });
});

describe('9: replacement', () => {
  const ejected = [sick, ...acts(EJECT, deregister('i-a'))];

  it('catches the same instance replaced twice', () => {
    const evidence = [...ejected, ...acts(EJECT + SECOND, replace('i-a'))];
    expect(broken([...atRest(), ...evidence])).toEqual([]);
    expect(broken([...atRest(), ...evidence, ...acts(EJECT + 90 * SECOND, replace('i-a'))])).toEqual(['9-replacement']);
  });

  it('catches the replacement of an instance whose target was not taken out', () => {
    expect(broken([...atRest(), sick, ...acts(EJECT, replace('i-a'))])).toEqual(['9-replacement']);
  });

  it('catches the replacement of an instance that is not in service', () => {
    const leaving = instance(EJECT - 5 * SECOND, 'i-a', 'Terminating');
    expect(broken([...atRest(), leaving, ...ejected, ...acts(EJECT + SECOND, replace('i-a'))])).toEqual([
      '9-replacement',
    ]);
    expect(broken([...atRest(), ...acts(EJECT, replace('i-z'))])).toEqual(['9-replacement']);
  });
});

describe('9: the budgets of replacements', () => {
  const many = (count: number, policy: Policy, gapMs = 20 * SECOND): InvariantName[] => {
    const evidence = Array.from({ length: count }, (_, index): Evidence[] => {
      const id = `i-${index}`;
      const atMs = EJECT + index * gapMs;
      const there = [instance(T0, id, 'InService'), target(T0, `${id}:80`, 'healthy')];
      const gone = instance(atMs + 5 * SECOND, id, null);
      return [
        ...there,
        fails(id, atMs - 12 * SECOND),
        ...acts(atMs, deregister(id)),
        ...acts(atMs + SECOND, replace(id)),
        gone,
      ];
    });
    return broken([...atRest(), ...evidence.flat()], policy);
  };
  const limited = (replacedPer5Minutes: number) => change(WEB, { health: { limits: { replacedPer5Minutes } } });

  it('catch one more than the policy allows within five minutes', () => {
    expect(many(2, limited(2))).toEqual([]);
    expect(many(3, limited(2))).toEqual(['9-replacement']);
    expect(many(3, limited(2), 151 * SECOND)).toEqual([]);
  });

  it('catch one more than all services may have within five minutes', () => {
    expect(many(3, limited(9))).toEqual([]);
    expect(many(4, limited(9))).toEqual(['9-replacement']);
  });

  it('allow none where the policy has no health', () => {
    const { health: _, ...bare } = WEB;
    expect(many(1, bare)).toContain('9-replacement');
  });
});

describe('12: missing alone', () => {
  it('catches an ejection while the targets cannot be read', () => {
    const blind = reach(FAIL + SECOND, 'primary', false, true);
    expect(broken([...atRest(), sick, blind, ...acts(EJECT, deregister('i-a'))])).toEqual(['12-missing']);
  });
});

describe('old answers that do not say so', () => {
  it('excuse what cannot be known better', () => {
    const stale = trouble(FAIL, 'stale', EJECT);
    expect(broken([...atRest(), stale, ...acts(EJECT, deregister('i-a'))])).toEqual([]);
  });

  it('excuse nothing that rests on another API', () => {
    const ejects = [...atRest(), ...acts(EJECT, deregister('i-a'))];
    expect(broken([...ejects, old(FAIL, 'elbv2', EJECT)])).toEqual([]);
    for (const api of ['auto-scaling', 'cloudwatch', 'route53'] as const)
      expect(broken([...ejects, old(FAIL, api, EJECT)])).toContain('5-rounds');
  });
});

describe('goodness of a site', () => {
  it('counts what we ejected as not healthy while its instance serves, and other sites’ targets not at all', () => {
    const evidence = [...atRest(), target(FAIL, 'i-c:80', 'initial', undefined, 'secondary'), sick];
    expect(broken([...evidence, ...acts(EJECT, deregister('i-a')), ...acts(EJECT + MINUTE, resize(2, 2))])).toContain(
      '4-repeats',
    );
  });
});
