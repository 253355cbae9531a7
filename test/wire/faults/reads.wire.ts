/** Every kind of read, broken on the wire in every way, for one service of three: missing alone changes nothing. */
import { describe, expect, it } from 'vitest';
import { groupNow, HOME, weightsNow } from '../lab.ts';
import type { WireCall } from '../proxy.ts';
import type { Case } from './case.ts';
import { expectInTime, expectServed, READ_FAULTS } from './faults.ts';
import { type CaseOptions, stage } from './stage.ts';

const on = stage();

interface Read {
  readonly operation: string;
  /** The parts of the observation that it leaves missing. */
  readonly blinds: readonly string[];
  /** Whether the service, which wants one server more, gets it all the same: nothing in doubt speaks against more. */
  readonly growsBlind: boolean;
}

const READS: readonly Read[] = [
  { operation: 'DescribeAutoScalingGroups', blinds: ['primary.fleet', 'scalers'], growsBlind: false },
  { operation: 'GetMetricData', blinds: ['signal cpu'], growsBlind: false },
  { operation: 'DescribeTargetGroups', blinds: ['primary.targets'], growsBlind: true },
  { operation: 'DescribeTargetHealth', blinds: ['primary.targets'], growsBlind: true },
  { operation: 'ListResourceRecordSets', blinds: ['dns'], growsBlind: true },
  { operation: 'DescribeInstanceRefreshes', blinds: ['refresh'], growsBlind: true },
  { operation: 'DescribePolicies', blinds: ['scalers'], growsBlind: true },
  { operation: 'DescribeScheduledActions', blinds: ['scalers'], growsBlind: true },
];

/** Whether a call is one that only the suffering service needs: Route 53 has no regions, but every service its zone. */
function isIts({ policy }: Case, call: WireCall): boolean {
  return call.service === 'route53' ? call.path.includes(policy.failover?.hostedZoneId ?? '') : call.region === HOME;
}

const capacity = async (): Promise<number> => (await groupNow(on.moto, HOME, 'exercise-group')).DesiredCapacity;
const answered = (operation: string, region: string): WireCall[] =>
  on.aws.answered.filter((c) => c.operation === operation && c.region === region);

describe.each(READS)('$operation', ({ operation, blinds, growsBlind }) => {
  it.each(READ_FAULTS)('meets $name', async ({ fault, missing }) => {
    const options: CaseOptions = { desired: 1, busy: true };
    const its = await on.begin(options);
    its.breaks((call) => (call.operation === operation && isIts(its, call) ? fault : null));
    const round = await its.together();

    expectInTime(round);
    expect(round.result.problems).toEqual([]);
    await expectServed(on.moto, on.others, round.result);
    const mine = round.result.services.find((s) => s.service === its.policy.service);
    const parts = blinds.map((part) => `${part}: ${missing}`);
    expect(mine?.missing).toEqual(parts);
    const logged = await its.log();
    expect(logged.map((l) => l.missing)).toEqual([parts]);
    expect(await capacity()).toBe(growsBlind ? 2 : 1);
    expect(await weightsNow(on.moto, its.policy)).toEqual({ seoul: 100, tokyo: 0 });

    its.breaks(() => null);
    const [, second] = [await its.together(), await its.together()];
    expect(second.result.services.map((s) => s.missing)).toEqual([[], [], []]);
    expect(await capacity()).toBe(2);
    expect(answered('SetDesiredCapacity', HOME)).toHaveLength(1);
    for (const { region } of on.others) expect(answered('SetDesiredCapacity', region)).toHaveLength(1);
  });
});

describe('GetChange', () => {
  it.each(READ_FAULTS)('meets $name', async ({ fault, missing }) => {
    const its = await on.begin({ desired: 1, busy: false });
    await its.alone();
    await its.order({ order: 'failover' });
    await its.alone();
    expect(await weightsNow(on.moto, its.policy)).toEqual({ seoul: 0, tokyo: 100 });
    its.breaks((call) => (call.operation === 'GetChange' ? fault : null));
    const round = await its.together();

    expectInTime(round);
    await expectServed(on.moto, on.others, round.result);
    const mine = round.result.services.find((s) => s.service === its.policy.service);
    expect(mine).toMatchObject({ state: 'failingOver', missing: [`dnsChange: ${missing}`] });
    expect((await its.log()).at(-1)).toMatchObject({ state: 'failingOver', missing: [`dnsChange: ${missing}`] });

    its.breaks(() => null);
    const healed = await its.together();
    expect(healed.result.services.find((s) => s.service === its.policy.service)).toMatchObject({ state: 'secondary' });
    await its.together();
    expect(on.aws.answered.filter((c) => c.operation === 'ChangeResourceRecordSets')).toHaveLength(1);
    expect(await weightsNow(on.moto, its.policy)).toEqual({ seoul: 0, tokyo: 100 });
  });
});
