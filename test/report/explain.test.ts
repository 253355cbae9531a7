import { describe, expect, it } from 'vitest';
import type { Action, Area } from '../../lib/core/model.ts';
import { REASONS, type ReasonCode, reasonOf } from '../../lib/core/reasons.ts';
import { type DecisionJson, readDecision } from '../../lib/report/decision.ts';
import { explainDecision } from '../../lib/report/explain.ts';
import { NUMBERS } from '../../lib/report/glossary.ts';
import type { Paint } from '../../lib/report/paint.ts';

const plain: Paint = (_style, text) => text;

/** Through JSON and back, as a decision reaches `explain`. */
function explained(decision: object): string {
  const read = readDecision(JSON.parse(JSON.stringify(decision)));
  if ('problem' in read) throw new Error(read.problem);
  return explainDecision(read.decision, plain).join('\n');
}

const QUIET = { area: 'scaling', reason: 'STEADY', message: 'steady', action: null, applied: false, numbers: {} };

const SCALE_OUT: Action = {
  id: 'web-7-0',
  region: 'ap-northeast-2',
  reason: 'SCALE_OUT',
  kind: 'setCapacity',
  site: 'primary',
  group: 'exercise-group',
  from: 1,
  to: 2,
};

function acting(action: Action, more: object = {}): object {
  return { ...QUIET, reason: action.reason, action, applied: true, ...more };
}

describe('a decision in words', () => {
  it('has inputs with their meaning, the rule, the steps with each cut, and the action', () => {
    const steps = [
      { step: 'recommend', value: 5, note: 'cpu 200 on 2 instances' },
      { step: 'combine', value: 5, note: 'largest need: cpu' },
      { step: 'clamp', value: 4, note: 'within 1 and 4' },
      { step: 'limit', value: 2, note: 'at most 1 at once' },
    ];
    const numbers = { desired: 1, need: 5, signal: 'cpu', lower: 1, upper: 2, to: 2 };
    const text = explained(acting(SCALE_OUT, { service: 'web', atSeconds: 185, message: 'scale out', numbers, steps }));
    expect(text).toBe(`web, scaling at 185 s: SCALE_OUT
scale out

Inputs
  desired  1    capacity that the group has been asked for
  need     5    instances that the signals ask for
  signal   cpu  the signal with the largest need
  lower    1    lower bound: the largest minimum of policy, group and order by hand
  upper    2    upper bound: the smallest maximum of policy and group
  to       2    capacity to ask for

Rule
  SCALE_OUT: The largest need of all signals is above the desired capacity.
  need = ceil(value × covered instances / target), or covered instances plus the highest band crossed;
  none inside the tolerance. Covered: in service on average over the period, to its end. The largest need
  wins; fewer only after the whole stabilization window; then within the bounds, at most maxStep at once.

Steps
  recommend  5  cpu 200 on 2 instances
  combine    5  largest need: cpu
  clamp      4  cuts 5 to 4: within 1 and 4
  limit      2  cuts 4 to 2: at most 1 at once

Rejected
  nothing

Action
  Set the desired capacity of exercise-group (ap-northeast-2) from 1 to 2.
  Only if it is still 1.
  Applied: AWS accepted it. (id web-7-0)`);
  });

  it('says what was rejected and why', () => {
    const rejected = [{ option: 'scale in to 1', reason: 'STABILIZING' }];
    expect(explained({ ...QUIET, rejected })).toContain(
      `Rejected\n  scale in to 1: STABILIZING. ${REASONS.STABILIZING.meaning}`,
    );
  });

  it('says that a clamp raised the number, and nothing about a step without a value', () => {
    const steps = [
      { step: 'recommend', value: null, note: 'cpu: no fresh datapoint' },
      { step: 'combine', value: 0, note: 'largest need: requests' },
      { step: 'clamp', value: 1, note: 'within 1 and 2' },
    ];
    const text = explained({ ...QUIET, steps });
    expect(text).toContain('  recommend  -  cpu: no fresh datapoint\n');
    expect(text).toContain('  clamp      1  raises 0 to 1: within 1 and 2\n');
  });

  it('does not make a zero of what is unknown', () => {
    expect(explained({ ...QUIET, numbers: { need: null } })).toMatch(/need {2}unknown/);
    expect(explained({ ...QUIET, numbers: { missing: '' } })).toMatch(/missing {2}none/);
  });

  it('prints a number that it does not know without a meaning', () => {
    expect(explained({ ...QUIET, numbers: { moonPhase: 3 } })).toMatch(/\n {2}moonPhase {2}3\n/);
  });

  it.each([
    ['OBSERVE_MODE', 'Not applied, OBSERVE_MODE. The policy says `mode: observe`: nothing is changed.'],
    ['DENIED: no permission', 'Not applied, DENIED: no permission. AWS denied it:'],
    ['SOMETHING_NEW', 'Not applied, SOMETHING_NEW. (id web-7-0)'],
    [undefined, 'Not applied. (id web-7-0)'],
  ])('says why an action was not applied: %s', (notApplied, words) => {
    expect(explained(acting(SCALE_OUT, { applied: false, notApplied }))).toContain(words);
  });
});

describe('every action in words', () => {
  const base = { id: 'web-1-0', region: 'ap-northeast-2' };
  const target = { key: 'i-1:80', id: 'i-1', port: 80 };
  const actions: readonly (readonly [Action, string, string])[] = [
    [
      { ...SCALE_OUT, reason: 'SCALE_IN', from: 2, to: 1 },
      'Set the desired capacity of exercise-group (ap-northeast-2) from 2 to 1.',
      'it is still 2 and no deployment has begun',
    ],
    [
      {
        ...base,
        kind: 'parkFleet',
        reason: 'PARKED',
        group: 'g',
        from: { minSize: 1, desired: 2 },
        to: { minSize: 0, desired: 0 },
      },
      'Set g (ap-northeast-2) to minimum 0 and desired 0.',
      'they are still 1 and 2',
    ],
    [
      { ...base, kind: 'deregisterTarget', reason: 'EJECT', targetGroup: 'tg', target, replace: true },
      'Deregister i-1:80 from tg (ap-northeast-2); its instance is then replaced.',
      'it is still registered and still unhealthy',
    ],
    [
      { ...base, kind: 'registerTarget', reason: 'READMIT', targetGroup: 'tg', target },
      'Register i-1:80 with tg (ap-northeast-2) again.',
      'it is not registered',
    ],
    [
      { ...base, kind: 'replaceInstance', reason: 'REPLACE', group: 'g', instanceId: 'i-1', after: 'web-1-1' },
      'Report i-1 unhealthy to g (ap-northeast-2), which replaces it.',
      'the budget lasts; after action web-1-1',
    ],
    [
      {
        ...base,
        kind: 'moveDns',
        reason: 'TRIP',
        hostedZoneId: 'Z1',
        name: 'www.example.com',
        to: 'secondary',
        cause: 'trip',
        sets: [],
        weights: { seoul: 0, tokyo: 100 },
      },
      'Move www.example.com to the secondary: weights seoul 0, tokyo 100, in one Route 53 batch.',
      'the record sets are exactly those that were observed',
    ],
  ];

  it.each(actions)('$kind', (action, what, onlyIf) => {
    const text = explained(acting(action));
    expect(text).toContain(what);
    expect(text).toContain(onlyIf);
  });
});

describe('the glossary', () => {
  const codes = Object.keys(REASONS) as ReasonCode[];

  it.each(codes)('knows every number that %s speaks of, in each of its areas', (code) => {
    const { areas, says, meaning } = reasonOf(code);
    const named = [...says.replace(/\{\{|\}\}/g, '').matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
    for (const area of areas as readonly Area[]) {
      for (const name of named) expect(NUMBERS[area], `${area}: ${name}`).toHaveProperty(name);
      const decision = { ...QUIET, area, reason: code } satisfies Partial<DecisionJson> & object;
      expect(explained(decision)).toContain(`Rule\n  ${code}: ${meaning}\n`);
    }
  });
});
