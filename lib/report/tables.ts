/** Tables that a Markdown file holds between markers, so that they can be renewed from the code. */

/** A table by the name that its markers have. */
export type Tables = Readonly<Record<string, string>>;

/** A Markdown table. Cells are Markdown, but for what would end them or be taken for HTML. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const safe = (cell: string): string => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;');
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map((row) => line(row.map(safe)))].join('\n');
}

function beginOf(name: string): string {
  return `<!-- ${name}: written by npm run -s evenkeel -- readme -->`;
}

/**
 * The Markdown text with every table between its markers made current.
 * @throws Error that names the markers when the text lacks them.
 */
export function renewTables(markdown: string, tables: Tables): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const end = `<!-- /${name} -->`;
    const from = text.indexOf(beginOf(name));
    const to = text.indexOf(end);
    if (from < 0 || to < from)
      throw new Error(`found no place for a table; expected ${beginOf(name)} and below it ${end}`);
    return `${text.slice(0, from)}${beginOf(name)}\n${table}\n${text.slice(to)}`;
  }, markdown);
}
