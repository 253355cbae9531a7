/** What a case of the contract is, and how a refusal is told. */
import { toPortError } from '../../../lib/aws/errors.ts';
import type { PortErrorKind } from '../../../lib/ports.ts';
import { PortError } from '../../../lib/ports.ts';
import type { Kind } from './kinds.ts';

/** One thing that AWS does, shown on any peer that claims to do it too. */
export interface Case<Peer> {
  /** Without `Command` at its end. */
  readonly command: string;
  readonly kind: Kind;
  readonly title: string;
  readonly run: (peer: Peer) => Promise<void>;
}

type Runs<Peer> = Readonly<Record<string, Case<Peer>['run']>>;

/** The cases of one command, by kind and title. */
export function casesOf<Peer>(command: string, byKind: Partial<Readonly<Record<Kind, Runs<Peer>>>>): Case<Peer>[] {
  return Object.entries(byKind).flatMap(([kind, runs]) =>
    Object.entries(runs).map(([title, run]) => ({ command, kind: kind as Kind, title, run })),
  );
}

/** As tests and the list of differences name it: `SetDesiredCapacity › invalid › a capacity above the maximum`. */
export const nameOf = ({ command, kind, title }: Omit<Case<never>, 'run'>): string => `${command} › ${kind} › ${title}`;

interface Refusal {
  /** What the adapters make of it; `bug`: nothing, for only a bug of ours could have sent that. */
  readonly kind: PortErrorKind | 'bug';
  /** The SDK's name of the error. */
  readonly name: string;
  readonly status: number;
  /** Words of the message that something of ours goes by, or that a person needs. */
  readonly says?: RegExp;
}

interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function told(error: SdkError): string {
  const sorted = toPortError('call', error);
  const kind = sorted instanceof PortError ? sorted.kind : 'bug';
  return `${error.name} (HTTP ${error.$metadata?.httpStatusCode}, ${kind} to the adapters): ${error.message}`;
}

/** @throws Error that tells both, when the call is carried out or refused in another way. */
export async function refused(call: Promise<unknown>, { kind, name, status, says }: Refusal): Promise<void> {
  const expected = `${name} (HTTP ${status}, ${kind} to the adapters)`;
  const got = await call.then(
    () => 'it was carried out',
    (error: SdkError) => told(error),
  );
  if (got.startsWith(`${expected}: `) && (says?.test(got) ?? true)) return;
  throw new Error(`expected ${expected}${says === undefined ? '' : ` saying ${says}`}; got ${got}`);
}
