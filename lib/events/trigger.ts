/** What wakes the controller. A trigger says only which services to look at now; its numbers decide nothing (DESIGN 2). */

type AlarmState = 'ALARM' | 'OK' | 'INSUFFICIENT_DATA';

export interface Dimension {
  readonly name: string;
  readonly value: string;
}

export interface AlarmTrigger {
  readonly kind: 'alarm';
  readonly alarmName: string;
  readonly state: AlarmState;
  /** When the alarm changed its state; `null` when the event does not say, or not legibly. */
  readonly atMs: number | null;
  /** The region that the alarm lives in, and so its metrics; `null` when the event does not say. */
  readonly region: string | null;
  /** The dimensions of all metrics in the alarm, each pair once. Empty for a composite alarm. */
  readonly dimensions: readonly Dimension[];
  readonly composite: boolean;
}

export interface TickTrigger {
  readonly kind: 'tick';
  /** Asked for by a person: it never takes a live lease. */
  readonly byHand: boolean;
  /** How many rounds to run; `null` for as many as fit into the tick. */
  readonly rounds: number | null;
}

export type Trigger = AlarmTrigger | TickTrigger;
