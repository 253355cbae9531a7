/** What happened in a simulated world, in order: the ground for timelines, verdicts and invariant checkers. */
import type { SiteName, TargetState } from '../core/model.ts';
import type { Fault } from './faults.ts';

/** The two sides of a service, as history and views name them. */
interface Place {
  readonly service: string;
  readonly site: SiteName;
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type FunctionName = 'onTick' | 'onAlarm';
export type InstanceEnd = 'scale-in' | 'unhealthy' | 'died';

interface At {
  /** Virtual milliseconds since the epoch. */
  readonly atMs: number;
}

/** A call that was meant to change something. Logged when it takes effect, or when it is refused or lost. */
export interface WriteEvent extends At {
  readonly kind: 'write';
  /** Who called: the name given to `world.as(name)`; for functions the sandbox, e.g. `onTick/0`. */
  readonly caller: string;
  readonly region: string;
  /** The command without its suffix, as AWS names the operation: `SetDesiredCapacity`. */
  readonly operation: string;
  readonly input: object;
  readonly sentMs: number;
  /** When it took effect; `null` when it had none. */
  readonly effectMs: number | null;
  /** When the caller hears of the outcome. */
  readonly answerMs: number;
  /** What the caller hears: `ok`, or the name of the error. With `effectMs` set and an error, the outcome is unclear to it. */
  readonly result: string;
}

export type HistoryEvent =
  | WriteEvent
  | (At &
      Place & {
        readonly kind: 'group';
        readonly group: string;
        readonly region: string;
        readonly minSize: number;
        readonly maxSize: number;
        readonly from: number;
        readonly to: number;
      })
  | (At &
      Place & {
        readonly kind: 'instance';
        readonly id: string;
        readonly group: string;
        readonly region: string;
        readonly zone: string;
        /** Lifecycle state before and after; `null` before the launch and after the end. */
        readonly from: string | null;
        readonly to: string | null;
        readonly why: 'launch' | 'ready' | InstanceEnd | 'gone';
      })
  | (At &
      Place & {
        readonly kind: 'target';
        readonly targetGroup: string;
        readonly region: string;
        /** `id:port`. */
        readonly key: string;
        /** `null`: not registered. */
        readonly from: TargetState | null;
        readonly to: TargetState | null;
        readonly reason: string | undefined;
      })
  | (At & {
      readonly kind: 'datapoint';
      readonly service: string;
      readonly signal: string;
      readonly startMs: number;
      readonly value: number;
    })
  | (At & {
      readonly kind: 'alarm';
      readonly service: string;
      readonly name: string;
      readonly from: AlarmState;
      readonly to: AlarmState;
    })
  | (At & {
      readonly kind: 'dns-change';
      readonly changeId: string;
      readonly name: string;
      readonly weights: Readonly<Record<string, number>>;
    })
  | (At & {
      readonly kind: 'dns-insync';
      readonly changeId: string;
      readonly name: string;
      readonly weights: Readonly<Record<string, number>>;
    })
  | (At & {
      readonly kind: 'clients';
      readonly service: string;
      readonly primary: number;
      readonly secondary: number;
      readonly none: number;
    })
  | (At & {
      readonly kind: 'traffic';
      readonly service: string;
      /** Whether any request sent from now on fails. */
      readonly failing: boolean;
    })
  | (At & {
      readonly kind: 'invocation';
      readonly function: FunctionName;
      readonly requestId: string;
      readonly sandbox: string;
      readonly phase: 'started' | 'ended' | 'failed' | 'timed-out' | 'crashed' | 'dropped' | 'paused';
      /** How long a pause lasts. */
      readonly seconds?: number;
      readonly error?: unknown;
    })
  | (At & {
      readonly kind: 'notification';
      readonly topicArn: string;
      readonly subject: string;
      readonly message: string;
    })
  | (At & { readonly kind: 'fault'; readonly fault: Fault });

export interface History {
  readonly events: readonly HistoryEvent[];
  /** Calls `listener` with each event from now on, in order. Returns the way to stop it. */
  listen(listener: (event: HistoryEvent) => void): () => void;
}

/** A history and its only writer. */
export interface HistoryLog extends History {
  append(event: HistoryEvent): void;
}

export function createHistory(): HistoryLog {
  const events: HistoryEvent[] = [];
  const listeners = new Set<(event: HistoryEvent) => void>();
  return {
    events,
    append(event) {
      events.push(event);
      for (const listener of listeners) listener(event);
    },
    listen(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
