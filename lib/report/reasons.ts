/** The reason codes for people: the README's table, and a list for the terminal. */
import { REASONS, type ReasonCode, reasonOf } from '../core/reasons.ts';
import type { Paint } from './paint.ts';
import { markdownTable } from './tables.ts';

const CODES = Object.keys(REASONS) as ReasonCode[];

/** All codes, in the order in which the areas define them. */
export function reasonCodes(): readonly ReasonCode[] {
  return CODES;
}

/** The Markdown table of all codes: code, areas, meaning, whether it notifies. */
export function reasonsMarkdown(): string {
  const rows = CODES.map((code) => {
    const { areas, meaning, notify } = reasonOf(code);
    return [`\`${code}\``, areas.join(', '), meaning, notify ? 'yes' : ''];
  });
  return markdownTable(['code', 'area', 'meaning', 'notifies'], rows);
}

/** Some codes as text, one paragraph each. */
export function reasonsText(codes: readonly ReasonCode[], paint: Paint): string[] {
  return codes.flatMap((code, index) => {
    const { areas, meaning, notify } = reasonOf(code);
    const head = `${paint('bold', code)}  ${areas.join(', ')}${notify ? ', notifies' : ''}`;
    return [...(index === 0 ? [] : ['']), head, `  ${meaning}`];
  });
}
