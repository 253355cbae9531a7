/** Where the keys of a policy stand in its file. */
import type { Position } from './located.ts';
import type { Path } from './problem.ts';
import { parseSource } from './source.ts';

/** The position of what stands at a path. */
export type Place = (path: Path) => Position;

/**
 * Tells the position of a key's value in this text; of the nearest part that the file has when it leaves the key to its
 * default, and of the beginning when it is no YAML.
 */
export function placesIn(text: string): Place {
  const { source, positionOf } = parseSource(text);
  return (path) => positionOf(source?.offsetOf(path) ?? 0);
}
