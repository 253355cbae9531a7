/** The books of what concerns all services: leases, freeze, the account's budgets, and what is in trouble. */
import type { ReadApi, Trouble } from './invariants-evidence.ts';
import type { Timeline } from './invariants-timeline.ts';
import type { Policy } from './model.ts';

/** What a caller read of the account-wide items. */
interface Look {
  readonly epoch: number | null;
  readonly frozen: boolean;
  /** The services that it looked for; `null`: all of them. */
  readonly about: readonly string[] | null;
}

/** What concerns all services. */
export interface Shared {
  /** By caller, the policy of each service that it serves. */
  readonly served: Map<string, Map<string, Policy>>;
  /** The epoch that each caller took the lease with. */
  readonly leases: Map<string, number>;
  readonly looks: Map<string, Timeline<Look>>;
  /** Of all services, those that no window of a budget holds any more included. */
  readonly replacementsMs: number[];
  readonly failbacksMs: number[];
  frozen: boolean;
  clocksWrong: boolean;
  /** When trouble with each part ends; 0: there was none. */
  readonly troubleMs: Record<Trouble, number>;
  /** From when until when answers about targets were old, and showed what was true when that began. */
  readonly oldAnswers: { readonly atMs: number; readonly untilMs: number }[];
  /** When the last old answers end, or ended, by API; 0: there were none. */
  readonly oldMs: Record<ReadApi, number>;
}

export function createShared(): Shared {
  const troubleMs = { functions: 0, readings: 0, stale: 0, record: 0, world: 0 };
  const maps = { served: new Map(), leases: new Map(), looks: new Map() };
  const oldMs = { 'auto-scaling': 0, elbv2: 0, cloudwatch: 0, route53: 0 };
  return {
    ...maps,
    replacementsMs: [],
    failbacksMs: [],
    frozen: false,
    clocksWrong: false,
    troubleMs,
    oldAnswers: [],
    oldMs,
  };
}

/** When the last trouble ends, or ended, that keeps the controller from seeing or acting; 0: there was none. */
export function troubledUntilMs({ troubleMs, clocksWrong }: Shared): number {
  if (clocksWrong) return Number.POSITIVE_INFINITY;
  return Math.max(troubleMs.functions, troubleMs.readings, troubleMs.stale);
}
