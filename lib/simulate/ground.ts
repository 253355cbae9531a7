/** What faults are drawn on. */
import type { Policy, SiteName } from '../core/model.ts';
import type { Chance } from './chance.ts';
import type { Disturbance } from './schedule.ts';

/** What faults are drawn for. */
export interface Ground {
  readonly policies: readonly Policy[];
  /** Servers that each service starts with, by name. */
  readonly servers: Readonly<Record<string, number>>;
  readonly regions: readonly string[];
  /** Between the first and the last fault everything ends by then. */
  readonly fromSeconds: number;
  readonly healSeconds: number;
  /** Another text of the service's policy, or a broken one. */
  readonly otherText: (chance: Chance, service: string, broken: boolean) => string;
  readonly mendedText: (service: string) => string;
}

/** A fault drawn: how it begins, and how it ends if not by itself. */
export interface Drawn {
  readonly what: Disturbance;
  readonly end?: Disturbance | undefined;
  /** It begins this soon after the first may, because it needs a world at rest or a long time; any time unless said. */
  readonly withinSeconds?: number;
  /** What happens after it, and makes it worse. */
  readonly sequel?: readonly { readonly afterSeconds: number; readonly what: Disturbance }[];
}

export type Draw = (chance: Chance, ground: Ground) => Drawn;

export function somePlace(chance: Chance, { policies }: Ground): { policy: Policy; service: string; site: SiteName } {
  const policy = chance.pick(policies);
  const site = policy.failover !== undefined && chance.maybe(0.3) ? 'secondary' : 'primary';
  return { policy, service: policy.service, site };
}

/** For how long something goes wrong, in seconds. */
export const forSome = (chance: Chance): number =>
  chance.weighted([
    [4, chance.int(1, 60)],
    [2, chance.int(60, 400)],
    [1, chance.int(400, 1200)],
  ]);
