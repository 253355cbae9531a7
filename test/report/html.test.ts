import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figure, firstRows, html, jsonBlock, MOST_ROWS, table } from '../../lib/report/html.ts';

describe('a piece of a page', () => {
  it('escapes texts, takes pieces as they are, and leaves nothing for null', () => {
    const inner = html`<b>${'<&>"\''}</b>`;
    expect(html`<p title="${'"x'}">${inner}${[inner, inner]}${null}${3}</p>`.html).toBe(
      `<p title="&quot;x">${'<b>&lt;&amp;&gt;&quot;&#39;</b>'.repeat(3)}3</p>`,
    );
  });

  it('never lets a text become a tag or leave an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const made = html`<p title="${text}">${text}</p>`.html;
        expect(made.match(/[<>"]/g)).toEqual(['<', '"', '"', '>', '<', '>']);
      }),
    );
  });
});

describe('data inside a page', () => {
  it('comes out as it went in, and never ends its element', () => {
    const hostile = fc.oneof(fc.json(), fc.constantFrom('</script>', '<!--', '<script>', '\u2028'), fc.string());
    fc.assert(
      fc.property(fc.dictionary(hostile, hostile), (value) => {
        const [, json = ''] = /^<script [^>]*>([^<]*)<\/script>$/.exec(jsonBlock('data', value).html) ?? [];
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('a figure', () => {
  it('is rounded for people and whole for programs', () => {
    expect(figure(1234.5678, { digits: 1, unit: 's' }).html).toBe('<data value="1234.5678">1,234.6 s</data>');
    expect(figure(0, { digits: 2 }).html).toBe('<data value="0">0.00</data>');
  });

  it('is not zero when it is unknown', () => {
    expect(figure(null, { digits: 0 }).html).toBe('<span class="absent">unknown</span>');
    expect(figure(null, { digits: 0, absent: 'never' }).html).toBe('<span class="absent">never</span>');
  });
});

describe('a table', () => {
  it('heads its columns and rows, and is a region that its caption names', () => {
    const columns = [{ head: 'Drill' }, { head: 'Seconds', numeric: true }] as const;
    const made = table({ id: 'drills', caption: 'All', columns, rows: [[html`one`, html`${2}`]] }).html;
    expect(made).toContain('<div class="scroll" role="region" tabindex="0" aria-labelledby="drills-caption">');
    expect(made).toContain('<caption id="drills-caption">All</caption>');
    expect(made).toContain('<th scope="col">Drill</th><th scope="col" class="number">Seconds</th>');
    expect(made).toContain('<tr><th scope="row">one</th><td class="number">2</td></tr>');
  });

  it('says how many rows it does not list', () => {
    const rows = Array.from({ length: MOST_ROWS + 1 }, (_, i) => i);
    expect(firstRows(rows, rows.length + 1233)).toEqual({
      shown: rows.slice(0, 500),
      more: '1,234 more are not listed.',
    });
    expect(firstRows([1], 1)).toEqual({ shown: [1], more: null });
  });
});
