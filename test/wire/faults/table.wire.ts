/** The state table, broken on the wire: who cannot save does nothing, who cannot log logs later, and nobody acts twice. */
import { describe, expect, it } from 'vitest';
import { groupNow, HOME } from '../lab.ts';
import type { WireCall } from '../proxy.ts';
import type { Case } from './case.ts';
import { expectInTime, expectServed, FAULTS, type FaultCase, READ_FAULTS } from './faults.ts';
import { stage } from './stage.ts';

const on = stage();

const GROWING = { desired: 1, busy: true } as const;
/** An action that was saved but not sent is waited for until 15 s are over (PENDING_MS). */
const ROUNDS_IN_DOUBT = 2;

/** A tick by hand of one round takes the lease for two intervals. */
const LEASE_MS = 10_000;

const capacity = async (): Promise<number> => (await groupNow(on.moto, HOME, 'exercise-group')).DesiredCapacity;
const grown = (region: string): number =>
  on.aws.calls.filter((c) => c.operation === 'SetDesiredCapacity' && c.region === region).length;
const isItsState = ({ operation, body }: WireCall): boolean =>
  operation === 'PutItem' && body.includes('"service#web"') && !body.includes('#web-');

/** Breaks the n-th of these calls of the next round, and none after it. */
function breakNth(its: Case, nth: number, isMeant: (call: WireCall) => boolean, { fault }: FaultCase): void {
  let seen = 0;
  its.breaks((call) => {
    if (!isMeant(call)) return null;
    seen += 1;
    return seen === nth ? fault : null;
  });
}

describe('saving what is about to be done (PutItem)', () => {
  it.each(FAULTS)('meets $name: nothing is done unsaved', async (broken) => {
    const its = await on.begin(GROWING);
    breakNth(its, 1, isItsState, broken);
    const round = await its.together();

    expectInTime(round);
    expect(round.result.problems).toMatchObject([{ code: 'NOT_SAVED', service: 'web' }]);
    await expectServed(on.moto, on.others, round.result);
    expect(grown(HOME)).toBe(0);
    const logged = (await its.log()).at(-1)?.decisions.find((d) => d.area === 'scaling');
    expect(logged).toMatchObject({ reason: 'SCALE_OUT', applied: false, notApplied: 'NOT_SENT' });

    its.breaks(() => null);
    // It was saved after all, and so it may have been done, as far as anybody can know who reads it.
    if (broken.hadEffect) for (let n = 0; n < ROUNDS_IN_DOUBT; n += 1) await its.together();
    if (broken.hadEffect) expect(grown(HOME)).toBe(0);
    await its.together();
    await its.together();
    expect(await capacity()).toBe(2);
    expect(grown(HOME)).toBe(1);
  });
});

describe('saving what became of it (PutItem)', () => {
  it.each(FAULTS)('meets $name: the next round reads it back', async (broken) => {
    const its = await on.begin(GROWING);
    breakNth(its, 2, isItsState, broken);
    const round = await its.together();

    expectInTime(round);
    expect(round.result.problems).toEqual([]);
    await expectServed(on.moto, on.others, round.result);
    const logged = (await its.log()).at(-1)?.decisions.find((d) => d.area === 'scaling');
    expect(logged).toMatchObject({ reason: 'SCALE_OUT', applied: true });

    its.breaks(() => null);
    for (let n = 0; n < ROUNDS_IN_DOUBT + 2; n += 1) await its.together();
    expect(await capacity()).toBe(2);
    expect(grown(HOME)).toBe(1);
    expect((await its.ports.state.load(['web'])).states.get('web')?.pending).toEqual([]);
  });
});

describe('the decision log (BatchWriteItem)', () => {
  it.each(FAULTS)('meets $name: what could not be written is written with the next round', async (broken) => {
    const its = await on.begin(GROWING);
    breakNth(its, 1, ({ operation }) => operation === 'BatchWriteItem', broken);
    const round = await its.together();

    expectInTime(round);
    expect(round.result.problems).toEqual([]);
    await expectServed(on.moto, on.others, round.result);
    its.breaks(() => null);
    await its.together();
    for (const service of ['web', ...on.others.map((p) => p.service)]) {
      const outs = (await its.log(service)).flatMap((l) => l.decisions).filter((d) => d.reason === 'SCALE_OUT');
      expect(outs).toMatchObject([{ applied: true }]);
    }
  });
});

describe('reading the states (BatchGetItem)', () => {
  it.each(READ_FAULTS)('meets $name: nobody decides on a state that is not known', async (broken) => {
    const its = await on.begin(GROWING);
    breakNth(its, 1, ({ operation }) => operation === 'BatchGetItem', broken);
    const round = await its.together();

    expectInTime(round);
    expect(round.result).toMatchObject({ services: [], problems: [{ code: 'NO_STATE' }] });
    expect(on.aws.calls).toEqual([]);
    const next = await its.together();
    await expectServed(on.moto, on.others, next.result);
    await its.together();
    expect(await capacity()).toBe(2);
    expect(grown(HOME)).toBe(1);
  });
});

describe('taking the lease (UpdateItem)', () => {
  it.each(FAULTS)('meets $name: a tick without its lease does nothing', async (broken) => {
    const its = await on.begin(GROWING);
    breakNth(its, 1, ({ operation }) => operation === 'UpdateItem', broken);
    const refused = await its.tick('first');
    expectInTime(refused);
    expect(refused.result).toMatchObject({ services: [], problems: [{ code: 'NO_STATE' }] });
    expect(on.aws.calls).toEqual([]);

    its.breaks(() => null);
    // It may have been taken: then it is live until it runs out, and a tick by hand never takes a live lease.
    const next = await its.tick('second');
    if (broken.hadEffect) expect(next.result).toMatchObject({ services: [], problems: [{ code: 'LEASE_HELD' }] });
    if (broken.hadEffect) its.skip(LEASE_MS);
    const served = broken.hadEffect ? await its.tick('third') : next;
    expectInTime(served);
    await expectServed(on.moto, on.others, served.result);
    expect(await capacity()).toBe(2);
    expect(grown(HOME)).toBe(1);
  });
});

describe('writing the round into the lease (UpdateItem)', () => {
  it.each(FAULTS)('meets $name: the round is over all the same', async (broken) => {
    const its = await on.begin(GROWING);
    breakNth(its, 2, ({ operation }) => operation === 'UpdateItem', broken);
    const tick = await its.tick('first');
    expectInTime(tick);
    expect(tick.result.problems).toEqual([]);
    await expectServed(on.moto, on.others, tick.result);
    const next = await its.tick('second');
    expect(next.result.services).toHaveLength(3);
    expect(await capacity()).toBe(2);
    expect(grown(HOME)).toBe(1);
  });
});
