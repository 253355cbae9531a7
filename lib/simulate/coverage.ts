/** Which decisions came about under which faults. */
import { type Disturbance, labelOf, lengthOf, serviceOf } from './schedule.ts';

/** How long after its end a fault still counts as the cause of what is decided. */
const AFTERMATH_SECONDS = 60;
const NO_FAULT = 'no fault';

/** Counts by kind of fault and reason code: how often a service came to that decision while the fault was at work. */
export type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Coverage {
  readonly counts: Counts;
  /** Reason codes that were decided at all, with how often a service came to them. */
  readonly reasons: Readonly<Record<string, number>>;
}

interface Recorder extends Coverage {
  /** A fault begins; it works until `endSeconds`, or for its own length. */
  begin(what: Disturbance, atSeconds: number, endSeconds: number): void;
  /** A decision; whether it is another than the area's last one. */
  decided(service: string, area: string, reason: string, atSeconds: number): boolean;
}

export function createCoverage(): Recorder {
  const counts: Record<string, Record<string, number>> = {};
  const reasons: Record<string, number> = {};
  const current = new Map<string, { reason: string; atSeconds: number }[]>();
  let active: { label: string; service: string | undefined; untilSeconds: number }[] = [];
  return {
    counts,
    reasons,
    begin(what, atSeconds, endSeconds) {
      const untilSeconds = Math.max(endSeconds, atSeconds + lengthOf(what)) + AFTERMATH_SECONDS;
      active.push({ label: labelOf(what), service: serviceOf(what), untilSeconds });
    },
    decided(service, area, reason, atSeconds) {
      const key = `${service} ${area}`;
      // An area may come to several decisions in one cycle.
      const before = current.get(key) ?? [];
      const isRecent = (one: { atSeconds: number }): boolean => atSeconds - one.atSeconds < AFTERMATH_SECONDS;
      const known = before.find((one) => one.reason === reason && isRecent(one));
      if (known !== undefined) {
        known.atSeconds = atSeconds;
        return false;
      }
      current.set(key, [...before.filter(isRecent), { reason, atSeconds }]);
      active = active.filter(({ untilSeconds }) => atSeconds <= untilSeconds);
      const at = active.filter((one) => (one.service ?? service) === service).map(({ label }) => label);
      for (const label of at.length === 0 ? [NO_FAULT] : new Set(at)) {
        counts[label] ??= {};
        counts[label][reason] = (counts[label][reason] ?? 0) + 1;
      }
      reasons[reason] = (reasons[reason] ?? 0) + 1;
      return true;
    },
  };
}
