/** Everything that happens, as a hash, and its end in words. */
import { createHash } from 'node:crypto';
import type { HistoryEvent } from '../sim/history.ts';

const KEPT = 30;

export interface Log {
  happened(atSeconds: number, event: HistoryEvent): void;
  note(atSeconds: number, kind: string, fields: object): void;
  hash(): string;
  last(): readonly string[];
}

/** An error has no fields of its own that JSON would show. */
function plain(value: unknown): unknown {
  return value instanceof Error ? `${value.name}: ${value.message}` : value;
}

/** `onLine` is called with each line. */
export function createLog(onLine: (line: string) => void): Log {
  const hash = createHash('sha256');
  const kept: string[] = [];
  const add = (line: string): void => {
    hash.update(line);
    onLine(line);

    kept.push(line);
    if (kept.length > KEPT) kept.shift();
  };
  const note = (atSeconds: number, kind: string, fields: object): void =>
    add(`${atSeconds.toFixed(3)} s ${kind} ${JSON.stringify(fields)}\n`);
  return {
    note,
    happened(atSeconds, event) {
      const { kind, atMs: _, ...rest } = event;
      note(atSeconds, kind, 'error' in rest ? { ...rest, error: plain(rest.error) } : rest);
    },
    hash: () => hash.digest('hex'),
    last: () => kept.map((line) => line.trimEnd()),
  };
}
