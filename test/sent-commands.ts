/** Which commands of AWS's SDK a source text can send, read from what it imports: whoever sends a command imports its class. */
import { globSync, readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

/** One command of one client package: `{ client: 'auto-scaling', command: 'SetDesiredCapacity', pages: false }`. */
export interface SentCommand {
  readonly client: string;
  readonly command: string;
  /** It is sent by one of the SDK's paginators. */
  readonly pages: boolean;
}

const IMPORT = /^import \{([^}]*)\} from "@aws-sdk\/client-([a-z0-9-]+)";$/gm;

function commandOf(client: string, imported: string, where: string): SentCommand | null {
  // `Name as Alias`: what is imported counts, not what it is called here.
  const name = imported.trim().split(/\s+as\s+/)[0] ?? '';
  const paged = /^paginate([A-Z]\w*)$/.exec(name)?.[1];
  if (paged !== undefined) return { client, command: paged, pages: true };
  const sent = /^([A-Z]\w*)Command$/.exec(name)?.[1];
  if (sent !== undefined) return { client, command: sent, pages: false };
  if (name === '' || /(Client|Exception|Fault)$/.test(name)) return null;
  throw new Error(
    `${where} imports ${name} of client-${client}: is that a command? Import commands as …Command or paginate…`,
  );
}

/**
 * The commands that TypeScript source `text` can send.
 * @throws Error for an import of the SDK from which that cannot be told: a namespace, a re-export, a dynamic import, or a
 *   name that is neither a command, a paginator, a client nor an exception.
 */
export function sentBy(text: string, where = 'this text'): readonly SentCommand[] {
  // Without types, comments and freedom of layout: one import is one line.
  const { code } = transformSync(text, { loader: 'ts', format: 'esm', legalComments: 'none', target: 'esnext' });
  const imports = [...code.matchAll(IMPORT)];
  // Only client packages send; types of others are gone by now.
  if (code.replaceAll(IMPORT, '').includes('@aws-sdk/client-')) {
    throw new Error(`${where} imports an SDK client in a way from which its commands cannot be told; use import { … }`);
  }
  return imports.flatMap(([, names = '', client = '']) =>
    names.split(',').flatMap((name) => commandOf(client, name, where) ?? []),
  );
}

/** The commands that lib/aws can send, each once; `pages` when any of it reads them by a paginator. */
export function sentByAws(): readonly SentCommand[] {
  const root = new URL('../lib/aws/', import.meta.url);
  const found = new Map<string, SentCommand>();
  for (const file of globSync('**/*.ts', { cwd: root })) {
    for (const one of sentBy(readFileSync(new URL(file, root), 'utf8'), `lib/aws/${file}`)) {
      const pages = one.pages || found.get(one.command)?.pages === true;
      found.set(one.command, { ...one, pages });
    }
  }
  return [...found.values()];
}
