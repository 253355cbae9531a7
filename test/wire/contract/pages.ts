/** What a paginator of the SDK reads, page by page. */
import { expect } from 'vitest';

/** All pages of a paginator, as lists. */
export async function pagesOf<Page, Item>(pages: AsyncIterable<Page>, items: (page: Page) => Item[] | undefined) {
  const all: Item[][] = [];
  for await (const page of pages) all.push(items(page) ?? []);
  return all;
}

/** Every one of `wanted` on exactly one page, no page above `size`, and more than one page. */
export function expectPaged(
  pages: readonly (readonly (string | undefined)[])[],
  size: number,
  wanted: readonly string[],
) {
  expect(pages.length).toBeGreaterThan(1);
  expect(Math.max(...pages.map((page) => page.length))).toBe(size);
  expect(
    pages
      .flat()
      .filter((name) => wanted.includes(name ?? ''))
      .sort(),
  ).toEqual([...wanted].sort());
}
