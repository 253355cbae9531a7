/** HTML as text that cannot break out: what is put into a template is escaped, unless it is HTML already. */

export interface Html {
  readonly html: string;
}

type Part = string | number | Html | readonly Html[] | null;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function textOf(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (found) => ENTITIES[found] ?? '');
  if (typeof part === 'number') return String(part);
  return 'html' in part ? part.html : part.map((one) => one.html).join('');
}

/** A piece of a page. Texts and numbers are escaped, pieces and lists of pieces are put in as they are, null is nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: String.raw({ raw: strings }, ...parts.map(textOf)) };
}

/** JSON inside a script element, where `<` could end it: https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements */
export function jsonBlock(id: string, value: unknown): Html {
  const json = JSON.stringify(value).replaceAll('<', '\\u003c');
  return html`<script type="application/json" id="${id}">${{ html: json }}</script>`;
}

export interface Rounding {
  readonly digits: number;
  /** After a space: `%`, `s`. */
  readonly unit?: string;
  /** What is said where there is no value; unknown is not zero. */
  readonly absent?: string;
}

/** A number for people, rounded, that carries the whole value for programs. */
export function figure(value: number | null, { digits, unit, absent = 'unknown' }: Rounding): Html {
  if (value === null) return html`<span class="absent">${absent}</span>`;
  const text = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return html`<data value="${value}">${text}${unit === undefined ? '' : ` ${unit}`}</data>`;
}

export interface Column {
  readonly head: string;
  readonly numeric?: true;
}

export interface TableSpec {
  /** Its anchor; unique on the page. */
  readonly id: string;
  /** Unique on the page too: a screen reader lists tables by it. */
  readonly caption: string;
  readonly columns: readonly Column[];
  /** The first cell heads its row. */
  readonly rows: readonly (readonly Html[])[];
}

/** A table in a box of its own that scrolls, by keyboard too, when the page is narrow. */
export function table({ id, caption, columns, rows }: TableSpec): Html {
  const kind = (index: number): Html => (columns[index]?.numeric ? html` class="number"` : html``);
  const row = (cells: readonly Html[]): Html =>
    html`<tr>${cells.map((cell, i) =>
      i === 0 ? html`<th scope="row"${kind(i)}>${cell}</th>` : html`<td${kind(i)}>${cell}</td>`,
    )}</tr>
`;
  return html`<div class="scroll" role="region" tabindex="0" aria-labelledby="${id}-caption">
<table id="${id}">
<caption id="${id}-caption">${caption}</caption>
<thead><tr>${columns.map(({ head }, i) => html`<th scope="col"${kind(i)}>${head}</th>`)}</tr></thead>
<tbody>
${rows.map(row)}</tbody>
</table>
</div>
`;
}

/** Rows beyond this are counted, not shown: a page of a month must open on a phone. */
export const MOST_ROWS = 500;

/** The first rows, and how many more there are in words. */
export function firstRows<Row>(
  rows: readonly Row[],
  total: number,
): { readonly shown: readonly Row[]; readonly more: string | null } {
  const shown = rows.slice(0, MOST_ROWS);
  const left = total - shown.length;
  return { shown, more: left > 0 ? `${left.toLocaleString('en')} more are not listed.` : null };
}
