/** Numbers of things in sentences. */

/** `1 error`, `0 errors`, `2 errors`. */
export function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? '' : 's'}`;
}
