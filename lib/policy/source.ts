/** YAML text to a plain value whose every part knows where it stands. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type YAMLMap,
} from 'yaml';
import type { Path } from './problem.ts';

/** A plain value with the offsets of its parts. */
interface Located {
  readonly value: unknown;
  /** Where the value begins; for an empty value, where its key does. */
  readonly offset: number;
  /** Where its key, or its place in the list, begins. */
  readonly keyOffset: number;
  readonly parts: ReadonlyMap<string | number, Located>;
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

/** 1-based line and column. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Parsed {
  readonly source: Source | null;
  readonly problems: readonly SourceProblem[];
  /** Position of an offset; always inside the text. */
  positionOf(offset: number): Position;
}

/** A policy file is a page of text; anything larger than this is something else. */
export const MAX_BYTES = 1_000_000;
const MAX_VALUES = 10_000;
const MAX_DEPTH = 32;

/** Thrown inside this file only, to leave the recursion. */
class Refused extends Error {
  readonly problem: SourceProblem;
  constructor(offset: number, code: string, message: string) {
    super(message);
    this.problem = { offset, code, message };
  }
}

/**
 * Parses one YAML 1.2 document. Never throws. Only the first syntax error is given: the ones after it are mostly its
 * echo. Duplicate keys are looked for here and not by the parser, whose search is quadratic in the number of keys.
 */
export function parseSource(withMark: string): Parsed {
  // Offsets are counted without a byte order mark, as editors show columns.
  const text = withMark.startsWith('\uFEFF') ? withMark.slice(1) : withMark;
  const lineCounter = new LineCounter();
  const positionOf = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(Math.min(Math.max(offset, 0), text.length));
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const fail = (...problems: SourceProblem[]): Parsed => ({ source: null, problems, positionOf });
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) return fail({ offset: 0, code: 'TOO_LARGE', message: tooLarge(bytes) });

  // `schema` is named so that a %YAML 1.1 directive does not turn `on` into true.
  const documents = parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: false,
    schema: 'core',
    resolveKnownTags: false,
  });
  if (!Array.isArray(documents) || documents.length === 0) return fail(empty());
  const [document, second] = documents;
  const broken = documents.flatMap((one) => [...one.errors, ...one.warnings]).sort((a, b) => a.pos[0] - b.pos[0])[0];
  if (broken) return fail({ offset: broken.pos[0], ...inWords(broken.code, broken.message) });
  if (second) {
    const message = 'found a second document after ---; expected one policy per file: move it to a file of its own';
    return fail({ offset: second.range[0], code: 'SEVERAL_DOCUMENTS', message });
  }
  if (!document?.contents || (isScalar(document.contents) && document.contents.value === null)) return fail(empty());
  return { ...read(document), positionOf };
}

/** What to say of a file of this many bytes. */
export function tooLarge(bytes: number): string {
  return `found ${bytes} bytes; expected a policy of at most ${MAX_BYTES}`;
}

function empty(): SourceProblem {
  return {
    offset: 0,
    code: 'EMPTY_FILE',
    message: 'found nothing but blanks and comments; expected a policy, beginning with service:',
  };
}

/** What the parser says, with the way out where it is known. */
function inWords(code: string, message: string): { code: string; message: string } {
  switch (code) {
    case 'TAB_AS_INDENT':
      return { code: 'TAB_INDENT', message: 'found a tab as indentation; expected blanks, YAML allows no other' };
    case 'RESOURCE_EXHAUSTION':
      return { code: 'TOO_DEEP', message: `found too many levels of nesting; expected at most ${MAX_DEPTH}` };
    case 'TAG_RESOLVE_FAILED':
      return { code: 'UNKNOWN_TAG', message: `${message}; expected plain values without tags` };
    default:
      return { code: 'INVALID_YAML', message: `cannot be read as YAML: ${message}` };
  }
}

function read(document: Document): { source: Source | null; problems: readonly SourceProblem[] } {
  const reader: Reader = {
    anchors: new Map(),
    targets: new Map(),
    open: new Set(),
    duplicates: [],
    left: MAX_VALUES,
    within: 0,
  };
  try {
    const root = convert(reader, document.contents, 0, 0);
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
}

function convert(reader: Reader, node: unknown, keyOffset: number, depth: number): Located {
  if (isAlias(node)) return expand(reader, node, keyOffset, depth);
  const offset = rangeOf(node) ?? keyOffset;
  reader.left -= 1;
  if (reader.left < 0) {
    const message = `found more than ${MAX_VALUES} values, aliases expanded; expected a policy`;
    throw new Refused(keyOffset, 'TOO_MANY_VALUES', message);
  }
  if (depth > MAX_DEPTH) {
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
    ? convertMap(reader, node, depth)
    : new Map(node.items.map((item, index) => [index, convert(reader, item, rangeOf(item) ?? offset, depth + 1)]));
  reader.open.delete(node);
  const value = isMap(node)
    ? Object.fromEntries([...parts].map(([key, part]) => [key, part.value]))
    : [...parts.values()].map((part) => part.value);
  return { value, offset, keyOffset, parts };
}

function convertMap(reader: Reader, map: YAMLMap, depth: number): Map<string | number, Located> {
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
    const part = convert(reader, value, offset, depth + 1);
    if (!parts.has(name)) parts.set(name, part);
    else if (reader.within === 0) {
      reader.duplicates.push({
        offset,
        code: 'DUPLICATE_KEY',
        message: `found the key ${name} a second time; expected it once`,
      });
    }
  }
  return parts;
}

function expand(reader: Reader, alias: Node & { source: string }, keyOffset: number, depth: number): Located {
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
  reader.within += 1;
  const located = convert(reader, target, rangeOf(target) ?? keyOffset, depth);
  reader.within -= 1;
  return { ...located, keyOffset };
}

function remember(reader: Reader, node: Node & { anchor?: string }): void {
  if (node.anchor !== undefined && reader.within === 0) reader.anchors.set(node.anchor, node);
}

function rangeOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}
