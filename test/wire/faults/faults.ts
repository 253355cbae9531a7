/** What may happen to a call, and what the controller may know of it afterwards. */
import { expect } from 'vitest';
import type { MissingReason, Policy, Refusal } from '../../../lib/core/model.ts';
import { groupNow } from '../lab.ts';
import type { Moto } from '../moto.ts';
import type { Fault } from '../proxy.ts';
import type { Timed } from './case.ts';

export interface FaultCase {
  readonly name: string;
  readonly fault: Fault;
  /** Why a reading is missing that it hit. */
  readonly missing: MissingReason;
  /** Why a write was refused that it hit; `null`: its outcome is unclear. */
  readonly refused: Refusal | null;
  /** AWS did what the write asked for. */
  readonly hadEffect: boolean;
}

const UNCLEAR = { missing: 'unavailable', refused: null } as const;

export const FAULTS: readonly FaultCase[] = [
  {
    name: 'HTTP 503',
    fault: { kind: 'complaint', about: 'out-of-order' },
    ...UNCLEAR,
    hadEffect: false,
  },
  {
    name: 'Throttling',
    fault: { kind: 'complaint', about: 'throttling' },
    missing: 'throttled',
    refused: 'THROTTLED',
    hadEffect: false,
  },
  {
    name: 'AccessDenied',
    fault: { kind: 'complaint', about: 'denied' },
    missing: 'denied',
    refused: 'DENIED',
    hadEffect: false,
  },
  { name: 'a reset connection', fault: { kind: 'reset' }, ...UNCLEAR, hadEffect: false },
  { name: '10 s of silence', fault: { kind: 'silence', ms: 10_000 }, ...UNCLEAR, hadEffect: false },
  { name: 'half a response', fault: { kind: 'half' }, ...UNCLEAR, hadEffect: true },
  { name: 'the answer after 10 s', fault: { kind: 'late', ms: 10_000 }, ...UNCLEAR, hadEffect: true },
  {
    name: 'a reset after the effect',
    fault: { kind: 'effect-then-reset' },
    ...UNCLEAR,
    hadEffect: true,
  },
];

/** For a read it is all one whether the peer had done its part when the answer was lost. */
export const READ_FAULTS = FAULTS.filter(({ fault }) => fault.kind !== 'late' && fault.kind !== 'effect-then-reset');

/** DESIGN's 4 s, and what a timer and a busy machine may add: this is real time. */
const ROUND_MS = 4300;

export function expectInTime({ tookMs }: Timed<unknown>): void {
  expect(tookMs).toBeLessThan(ROUND_MS);
}

interface Served {
  readonly services: readonly {
    readonly service: string;
    readonly decisions: readonly { readonly area: string; readonly reason: string; readonly applied: boolean }[];
  }[];
}

/** The others have decided and acted in this very round, by what they answer and by what boto3 finds. */
export async function expectServed(moto: Moto, others: readonly Policy[], { services }: Served): Promise<void> {
  for (const { service, region, fleet } of others) {
    const decisions = services.find((s) => s.service === service)?.decisions ?? [];
    expect(decisions.map((d) => d.area)).toEqual(['failover', 'health', 'scaling']);
    expect(decisions.find((d) => d.area === 'scaling')).toMatchObject({ reason: 'SCALE_OUT', applied: true });
    expect(await groupNow(moto, region, fleet?.autoScalingGroup ?? '')).toMatchObject({ DesiredCapacity: 2 });
  }
}
