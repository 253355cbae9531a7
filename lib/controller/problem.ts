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

export const NOTHING = 'nothing was done';

/**
 * A person's write that failed. Only `Unavailable` leaves open whether it had its effect, and who were told then that
 * nothing was done would work on servers believing that.
 */
export function notWritten(error: PortError): Problem {
  if (error.kind === 'Conflict') return { code: 'CONFLICT', message: `${NOTHING}: ${causeOf(error)}` };
  const what =
    error.kind === 'Unavailable' ? 'it is not known whether this was done, {"order": "status"} tells' : NOTHING;
  return noState(what, error);
}
