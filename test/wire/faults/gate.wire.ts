/** What the gate re-reads right before a write, broken on the wire: a check that cannot be made keeps it shut. */
import { describe, expect, it } from 'vitest';
import { groupNow, HOME } from '../lab.ts';
import type { WireCall } from '../proxy.ts';
import type { Case } from './case.ts';
import { expectInTime, expectServed, READ_FAULTS } from './faults.ts';
import { type CaseOptions, stage } from './stage.ts';

const on = stage();

interface GateRead {
  readonly reads: string;
  /** Whether this is the gate's own call: it asks for one name or key, or is the second of the round. */
  readonly isIts: (call: WireCall, before: readonly WireCall[]) => boolean;
  readonly options: CaseOptions;
  readonly prepare: (its: Case) => Promise<void>;
  /** The write that waits behind the gate. */
  readonly action: string;
  readonly operation: string;
}

const GROWING = { options: { desired: 1, busy: true }, prepare: async () => undefined } as const;
const GROWS = { ...GROWING, action: 'setCapacity', operation: 'SetDesiredCapacity' } as const;

const second =
  (operation: string): GateRead['isIts'] =>
  (call, before) =>
    call.operation === operation &&
    call.region === HOME &&
    before.some((c) => c.operation === operation && c.region === HOME);

const READS: readonly GateRead[] = [
  { reads: 'the group (DescribeAutoScalingGroups)', isIts: second('DescribeAutoScalingGroups'), ...GROWS },
  {
    reads: 'lease, freeze and version (BatchGetItem)',
    isIts: ({ operation, body }) =>
      operation === 'BatchGetItem' && body.includes('"service#web"') && !body.includes('#web-'),
    ...GROWS,
  },
  {
    reads: 'the target (DescribeTargetHealth)',
    isIts: second('DescribeTargetHealth'),
    options: { desired: 2, busy: false },
    prepare: async (its) => {
      await its.alone();
      its.fail(its.instances.slice(0, 1));
      await its.alone();
    },
    action: 'deregisterTarget',
    operation: 'DeregisterTargets',
  },
  {
    reads: 'the account-wide budget (GetItem)',
    isIts: ({ operation }) => operation === 'GetItem',
    options: { desired: 2, busy: false },
    prepare: async (its) => {
      await its.alone();
      its.fail(its.instances.slice(0, 1));
      await its.alone();
    },
    action: 'replaceInstance',
    operation: 'SetInstanceHealth',
  },
];

describe.each(READS)('$reads', ({ isIts, options, prepare, action, operation }) => {
  it.each(READ_FAULTS)('meets $name', async ({ fault }) => {
    const its = await on.begin(options);
    await prepare(its);
    const before: WireCall[] = [];
    its.breaks((call) => {
      const broken = isIts(call, before);
      before.push(call);
      return broken ? fault : null;
    });
    const sent = (): number => on.aws.calls.filter((c) => c.operation === operation && c.region === HOME).length;
    const round = await its.together();

    expectInTime(round);
    expect(round.result.problems).toEqual([]);
    await expectServed(on.moto, on.others, round.result);
    expect(sent()).toBe(0);
    const logged = (await its.log()).at(-1)?.decisions.filter((d) => d.action?.kind === action);
    expect(logged).toHaveLength(1);
    expect(logged?.[0]?.notApplied).toMatch(/^UNCHECKED: /);

    its.breaks(() => null);
    await its.together();
    await its.together();
    expect(sent()).toBe(1);
    const { DesiredCapacity, Instances } = await groupNow(on.moto, HOME, 'exercise-group');
    expect(DesiredCapacity).toBe(2);
    const unhealthy = Instances.filter((i: { HealthStatus: string }) => i.HealthStatus === 'Unhealthy');
    expect(unhealthy).toHaveLength(operation === 'SetDesiredCapacity' ? 0 : 1);
  });
});
