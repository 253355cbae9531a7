/** YAML text to a plain value whose every part knows where it stands, or to the reason why not. */
import { isScalar, LineCounter, parseAllDocuments } from 'yaml';
import { MAX_DEPTH, type Position, readDocument, type Source, type SourceProblem } from './located.ts';

export interface Parsed {
  readonly source: Source | null;
  readonly problems: readonly SourceProblem[];
  /** Position of an offset; always inside the text. */
  positionOf(offset: number): Position;
}

/** A policy file is a page of text; anything larger than this is something else, and would not fit into the state table. */
export const MAX_BYTES = 64_000;

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
  return { ...readDocument(document, positionOf), positionOf };
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
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        code: 'INVALID_YAML',
        message:
          'found a key: value inside a value; expected a line of its own for each key, as far in as its neighbours (look at the next line too)',
      };
    default:
      if (message.startsWith('Flow ')) {
        const bracket = message.at(-1);
        return {
          code: 'INVALID_YAML',
          message: `found no closing ${bracket} for one opened further up; expected it before this line`,
        };
      }
      return { code: 'INVALID_YAML', message: `cannot be read as YAML: ${message}` };
  }
}
