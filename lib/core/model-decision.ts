/** What a cycle concludes. Times are milliseconds since the epoch and end in `Ms`. */
import type { Action } from './model-action.ts';
import type { Area } from './model-policy.ts';
import type { ServiceState } from './model-state.ts';
import type { ReasonCode } from './reasons.ts';

/** One step of the scaling pipeline with what it made of the need. */
export interface DecisionStep {
  readonly step: 'recommend' | 'combine' | 'forecast' | 'stabilize' | 'clamp' | 'limit';
  readonly value: number | null;
  readonly note: string;
}

export type Numbers = Readonly<Record<string, number | string | boolean | null>>;

export interface Decision {
  readonly area: Area;
  readonly reason: ReasonCode;
  readonly action: Action | null;
  /** The numbers behind it; the message is made from them. */
  readonly numbers: Numbers;
  readonly steps?: readonly DecisionStep[] | undefined;
  /** What else was considered, and what stood against it. */
  readonly rejected?: readonly { readonly option: string; readonly reason: ReasonCode }[] | undefined;
}

/** One notification: sent once per incident. */
export interface Notice {
  /** The incident that it announces: its key in the state. */
  readonly incident: string;
  /** The reason code, or `REFUSED` for what AWS refused. */
  readonly title: string;
  readonly message: string;
  /** It is told late: since when there is something to tell. */
  readonly sinceMs?: number | undefined;
  /** It speaks of what is not done, and may be in the next round. */
  readonly open?: true | undefined;
}

export interface Result {
  readonly decisions: readonly Decision[];
  readonly actions: readonly Action[];
  readonly state: ServiceState;
  readonly notices: readonly Notice[];
}
