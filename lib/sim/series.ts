/** What CloudWatch keeps: series of datapoints, and the alarms on them. */
import type { AlarmState } from '../ports.ts';

export interface SeriesPoint {
  readonly startMs: number;
  readonly visibleMs: number;
  readonly average: number;
  readonly samples: number;
  readonly minimum: number;
  readonly maximum: number;
}

export interface Series {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  points: SeriesPoint[];
}

export interface Alarm {
  readonly name: string;
  readonly comparison: 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly threshold: number;
  state: AlarmState;
  reason: string;
  sinceMs: number;
}

/** Its state follows those of the alarms of the service that it is over. */
export interface Composite {
  readonly name: string;
  readonly over: readonly string[];
}
