/** What `doctor` found, as lines. */
import type { Paint } from './paint.ts';

/** One finding with its place in a policy file. */
export interface DoctorEntry {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  /** Whom it concerns: several where the trouble is the account's. */
  readonly services: readonly string[];
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** As in `health.check.path`. */
  readonly key: string;
  readonly found: string;
  readonly expected: string;
  readonly wayOut: string;
}

const COLOUR = { error: 'red', warning: 'yellow', info: 'cyan' } as const;
/** Services named where a finding concerns many. */
const NAMED = 3;

/** Two lines for each finding: the problem as `validate` prints one, and the way out. */
export function doctorLines(entries: readonly DoctorEntry[], paint: Paint): string[] {
  return entries.flatMap((entry) => {
    const { file, line, column, severity, code, key, found, expected, wayOut } = entry;
    const problem = `${key}: found ${found}; expected ${expected}${others(entry)}`;
    return [
      `${file}:${line}:${column} ${paint(COLOUR[severity], severity)} ${code} ${problem}`,
      `  ${paint('dim', 'way out:')} ${wayOut}`,
    ];
  });
}

function others({ services }: DoctorEntry): string {
  const [, ...also] = services;
  if (also.length === 0) return '';
  const more = also.length > NAMED ? ` and ${also.length - NAMED} more` : '';
  return ` (also for ${also.slice(0, NAMED).join(', ')}${more})`;
}

/** `3 services looked at, controller in ap-northeast-1: 1 error, 2 warnings, 0 notes` */
export function doctorSummary(entries: readonly DoctorEntry[], services: number, controllerRegion: string): string {
  const counts = (['error', 'warning', 'info'] as const).map((severity) => {
    const count = entries.filter((entry) => entry.severity === severity).length;
    const word = severity === 'info' ? 'note' : severity;
    return `${count} ${word}${count === 1 ? '' : 's'}`;
  });
  return `${services} service${services === 1 ? '' : 's'} looked at, controller in ${controllerRegion}: ${counts.join(', ')}`;
}

/** One setting that changes. */
interface SettingChange {
  readonly setting: string;
  readonly found: string | number | boolean;
  readonly wanted: string | number | boolean;
}

/** What `--fix` would do to one target group. */
export interface Fix {
  readonly service: string;
  readonly region: string;
  readonly targetGroup: string;
  readonly changes: readonly SettingChange[];
}

/** What became of it: `unlike`, when AWS accepted it but shows something else afterwards. */
export interface Fixed extends Fix {
  readonly result: 'set' | 'declined' | 'failed' | 'unlike';
  readonly message: string;
}

/** What would be changed, before it is asked for. */
export function fixLines({ service, region, targetGroup, changes }: Fix, paint: Paint): string[] {
  return [
    paint('bold', `${service}: the health check of ${targetGroup} in ${region}`),
    ...changes.map(({ setting, found, wanted }) => `  ${setting}: ${found} -> ${wanted}`),
  ];
}
