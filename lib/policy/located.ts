/** A YAML document as a plain value that knows the offset of each of its parts, aliases expanded with a limit. */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { type Path, pathText } from './problem.ts';

/** 1-based line and column. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What keeps a text from being read, at an offset. */
export interface SourceProblem {
  readonly offset: number;
  readonly code: string;
  readonly message: string;
}

export interface Source {
  readonly value: unknown;
  /** Whether the file itself has something at this path. */
  has(path: Path): boolean;
  /** Offset of the value at this path, of its key with `atKey`; of the nearest part that exists when it does not. */
  offsetOf(path: Path, atKey?: boolean): number;
}

/** A plain value with the offsets of its parts. */
interface Located {
  readonly value: unknown;
  /** Where the value begins; for an empty value, where its key does. */
  readonly offset: number;
  /** Where its key, or its place in the list, begins. */
  readonly keyOffset: number;
  readonly parts: ReadonlyMap<string | number, Located>;
}

const MAX_VALUES = 10_000;
export const MAX_DEPTH = 32;

/** Thrown inside this file only, to leave the recursion. */
class Refused extends Error {
  readonly problem: SourceProblem;
  constructor(offset: number, code: string, message: string) {
    super(message);
    this.problem = { offset, code, message };
  }
}

/** The plain value of a document that was parsed without errors. */
export function readDocument(
  document: Document,
  positionOf: (offset: number) => Position,
): { source: Source | null; problems: readonly SourceProblem[] } {
  const reader: Reader = {
    anchors: new Map(),
    targets: new Map(),
    open: new Set(),
    positionOf,
    duplicates: [],
    left: MAX_VALUES,
    within: 0,
    outermost: 0,
  };
  try {
    const root = convert(reader, document.contents, rangeOf(document.contents) ?? 0, []);
    return reader.duplicates.length > 0
      ? { source: null, problems: reader.duplicates }
      : { source: sourceOf(root), problems: [] };
  } catch (error) {
    if (error instanceof Refused) return { source: null, problems: [error.problem] };
    throw error;
  }
}

function sourceOf(root: Located): Source {
  const nearest = (path: Path): { part: Located; complete: boolean } => {
    let part = root;
    for (const step of path) {
      const next = part.parts.get(step);
      if (!next) return { part, complete: false };
      part = next;
    }
    return { part, complete: true };
  };
  return {
    value: root.value,
    has: (path) => nearest(path).complete,
    offsetOf: (path, atKey = false) => {
      const { part, complete } = nearest(path);
      return atKey || !complete || part.parts.size > 0 ? part.keyOffset : part.offset;
    },
  };
}

interface Reader {
  readonly positionOf: (offset: number) => Position;
  /** Nodes by anchor, as defined so far. */
  readonly anchors: Map<string, Node>;
  /** What each alias meant where it stands; inside an expansion the anchors may have moved on. */
  readonly targets: Map<Node, Node>;
  /** Nodes under way, to find an alias to one of its own parents. */
  readonly open: Set<Node>;
  readonly duplicates: SourceProblem[];
  /** How many more values may be read: aliases that multiply themselves end here. */
  left: number;
  /** Aliases that are being expanded around the current node. */
  within: number;
  /** Offset of the outermost of them. */
  outermost: number;
}

function convert(reader: Reader, node: unknown, keyOffset: number, path: Path): Located {
  if (isAlias(node)) return expand(reader, node, keyOffset, path);
  const offset = rangeOf(node) ?? keyOffset;
  reader.left -= 1;
  if (reader.left < 0) throw tooMany(reader, keyOffset);
  if (path.length > MAX_DEPTH) {
    throw new Refused(offset, 'TOO_DEEP', `found too many levels of nesting; expected at most ${MAX_DEPTH}`);
  }
  if (isScalar(node)) {
    remember(reader, node);
    return { value: node.value, offset: node.source === '' ? keyOffset : offset, keyOffset, parts: new Map() };
  }
  if (!isMap(node) && !isSeq(node)) return { value: null, offset: keyOffset, keyOffset, parts: new Map() };
  remember(reader, node);
  reader.open.add(node);
  const parts = isMap(node)
    ? convertMap(reader, node, path)
    : new Map(
        node.items.map((item, index) => [index, convert(reader, item, rangeOf(item) ?? offset, [...path, index])]),
      );
  reader.open.delete(node);
  const value = isMap(node)
    ? Object.fromEntries([...parts].map(([key, part]) => [key, part.value]))
    : [...parts.values()].map((part) => part.value);
  return { value, offset, keyOffset, parts };
}

function tooMany({ within, outermost }: Reader, offset: number): Refused {
  return within > 0
    ? new Refused(
        outermost,
        'ALIASES_EXPLODE',
        `found aliases that expand to more than ${MAX_VALUES} values; expected them written out`,
      )
    : new Refused(
        offset,
        'TOO_MANY_VALUES',
        `found more than ${MAX_VALUES} values; expected a policy, which has some fifty`,
      );
}

function convertMap(reader: Reader, map: YAMLMap, path: Path): Map<string | number, Located> {
  const parts = new Map<string | number, Located>();
  for (const { key, value } of map.items) {
    const offset = rangeOf(key) ?? rangeOf(map) ?? 0;
    if (!isScalar(key) || key.value === null) {
      throw new Refused(
        offset,
        'BAD_KEY',
        'found a key that is empty, a list, a map or an alias; expected a plain word',
      );
    }
    remember(reader, key);
    const name = String(key.value);
    const part = convert(reader, value, offset, [...path, name]);
    const first = parts.get(name);
    if (!first) parts.set(name, part);
    else if (reader.within === 0) {
      const message = `${pathText([...path, name])}: found a second time, first in line ${reader.positionOf(first.keyOffset).line}; expected it once`;
      reader.duplicates.push({ offset, code: 'DUPLICATE_KEY', message });
    }
  }
  return parts;
}

function expand(reader: Reader, alias: Node & { source: string }, keyOffset: number, path: Path): Located {
  const target = reader.targets.get(alias) ?? reader.anchors.get(alias.source);
  const offset = rangeOf(alias) ?? keyOffset;
  if (!target) {
    throw new Refused(
      offset,
      'UNKNOWN_ALIAS',
      `found *${alias.source}; expected an alias of an anchor (&${alias.source}) further up`,
    );
  }
  if (reader.open.has(target)) {
    throw new Refused(offset, 'CIRCULAR_ALIAS', `found *${alias.source} inside its own anchor; expected no circle`);
  }
  reader.targets.set(alias, target);
  if (reader.within === 0) reader.outermost = offset;
  reader.within += 1;
  const located = convert(reader, target, rangeOf(target) ?? keyOffset, path);
  reader.within -= 1;
  return { ...located, keyOffset };
}

function remember(reader: Reader, node: Node & { anchor?: string }): void {
  if (node.anchor !== undefined && reader.within === 0) reader.anchors.set(node.anchor, node);
}

function rangeOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}
