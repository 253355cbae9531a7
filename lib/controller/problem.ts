/** What went wrong, for whoever reads the answer. */
import type { PortError } from '../ports.ts';
import { refusedCredentials } from './reading.ts';

/** Something that went wrong and that the caller should know. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly service?: string | undefined;
}

/** What the error says; of credentials, the way out as well. */
export const causeOf = (error: PortError): string => refusedCredentials(error) ?? error.message;

/**
 * The state is out of reach, whatever keeps it there: one code, from whichever function it is answered.
 * @param what did not happen, in words.
 */
export function noState(what: string, error: PortError): Problem {
  return { code: 'NO_STATE', message: `${what}: ${causeOf(error)}` };
}
