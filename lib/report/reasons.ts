/** The reason codes for people: the README's table, and a list for the terminal. */
import { LASTING_MS } from '../core/incidents.ts';
import { REASONS, type ReasonCode, reasonOf } from '../core/reasons.ts';
import type { Paint } from './paint.ts';
import { markdownTable } from './tables.ts';

const CODES = Object.keys(REASONS) as ReasonCode[];

/** When a person is told, by the words of the table. */
const WHEN = { 'at once': 'at once', lasting: `after ${LASTING_MS / 60_000} min` } as const;

/** All codes, in the order in which the areas define them. */
export function reasonCodes(): readonly ReasonCode[] {
  return CODES;
}

/** The Markdown table of all codes: code, areas, meaning, whether it notifies. */
export function reasonsMarkdown(): string {
  const rows = CODES.map((code) => {
    const { areas, meaning, notify } = reasonOf(code);
    return [`\`${code}\``, areas.join(', '), meaning, notify === undefined ? '' : WHEN[notify]];
  });
  return markdownTable(['code', 'area', 'meaning', 'notifies'], rows);
}

/** Some codes as text, one paragraph each. */
export function reasonsText(codes: readonly ReasonCode[], paint: Paint): string[] {
  return codes.flatMap((code, index) => {
    const { areas, meaning, notify } = reasonOf(code);
    const when = notify === undefined ? '' : `, notifies ${WHEN[notify]}`;
    const head = `${paint('bold', code)}  ${areas.join(', ')}${when}`;
    return [...(index === 0 ? [] : ['']), head, `  ${meaning}`];
  });
}
