/**
 * What the tracer asks of semver, which esbuild puts in place of it (serverless.yml): the X-Ray SDK compares two plain
 * versions, Node's and the AWS SDK's, and brings 30 KB of code for that.
 */

/** Whether `a` is the version `b` or a later one, both of three numbers; what comes after a hyphen does not count. */
export function gte(a: string, b: string): boolean {
  const numbers = (text: string): number[] => text.replace(/-.*/, '').split('.').map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  const at = left.findIndex((number, index) => number !== right[index]);
  return at < 0 || (left[at] ?? 0) > (right[at] ?? 0);
}
