/** The reason codes for people: the README's table, and a list for the terminal. */
import { REASONS, type ReasonCode, reasonOf } from '../core/reasons.ts';
import type { Paint } from './paint.ts';

/** Between these lines stands the table in a Markdown file. */
const BEGIN = '<!-- reasons: written by `npm run -s evenkeel -- reasons --write` -->';
const END = '<!-- /reasons -->';

const CODES = Object.keys(REASONS) as ReasonCode[];

/** All codes, in the order in which the areas define them. */
export function reasonCodes(): readonly ReasonCode[] {
  return CODES;
}

/** The Markdown table of all codes: code, areas, meaning, whether it notifies. */
export function reasonsMarkdown(): string {
  const rows = CODES.map((code) => {
    const { areas, meaning, notify } = reasonOf(code);
    return `| \`${code}\` | ${areas.join(', ')} | ${meaning} | ${notify ? 'yes' : ''} |`;
  });
  return ['| code | area | meaning | notifies |', '|---|---|---|---|', ...rows].join('\n');
}

/** Some codes as text, one paragraph each. */
export function reasonsText(codes: readonly ReasonCode[], paint: Paint): string[] {
  return codes.flatMap((code, index) => {
    const { areas, meaning, notify } = reasonOf(code);
    const head = `${paint('bold', code)}  ${areas.join(', ')}${notify ? ', notifies' : ''}`;
    return [...(index === 0 ? [] : ['']), head, `  ${meaning}`];
  });
}

/**
 * The Markdown text with the table between its markers made current.
 * @throws Error when the text has no markers.
 */
export function renewReasons(markdown: string): string {
  const begin = markdown.indexOf(BEGIN);
  const end = markdown.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`found no place for the table; expected ${BEGIN} and below it ${END}`);
  return `${markdown.slice(0, begin + BEGIN.length)}\n${reasonsMarkdown()}\n${markdown.slice(end)}`;
}
