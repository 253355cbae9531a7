/** Turning what ports do into readings: a value with its time, or missing with a reason. */
import type { Missing, Reading } from '../core/model.ts';
import { type Clock, MISSING_BECAUSE, type PortError } from '../ports.ts';

/** Runs one read. Errors of the world become a missing reading; anything else is a bug and is thrown. */
export type Attempt = <T>(read: () => Promise<T>) => Promise<Reading<T>>;

/** A reading that nobody needed. */
export function notRead(atMs: number): Missing {
  return { known: false, atMs, why: 'not-read' };
}

/** Whether an error is one of the world's, also when it was made by another copy of the class. */
export function isPortError(error: unknown): error is PortError {
  return error instanceof Error && 'kind' in error && typeof error.kind === 'string' && error.kind in MISSING_BECAUSE;
}

/** Names of errors that speak of the credentials, or of a region that is not enabled for the account. */
const CREDENTIALS_REFUSED =
  /^(ExpiredToken|IncompleteSignature|InvalidClientTokenId|InvalidSignature|MissingAuthenticationToken|RequestExpired|SignatureDoesNotMatch|UnrecognizedClient|InvalidAccessKeyId|CredentialsProviderError|TokenProviderError)/;

export const SIGN_IN =
  'sign in first (aws sso login), or name a profile (AWS_PROFILE=…), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';

/** What AWS says when it refuses the credentials as such, and not what they ask for, with the way out; `null` otherwise. */
export function refusedCredentials(error: unknown): string | null {
  const cause = isPortError(error) && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error) || !CREDENTIALS_REFUSED.test(cause.name)) return null;
  const found = cause.name.includes('Provider') ? 'there are no AWS credentials' : 'AWS refuses your credentials';
  return `${found} (${cause.name}: ${cause.message}); ${SIGN_IN}`;
}

function missing(error: PortError, atMs: number): Missing {
  return { known: false, atMs, why: MISSING_BECAUSE[error.kind], detail: error.message };
}

/** One read, however long it takes. It carries the time at which it was begun. */
export async function reading<T>(clock: Clock, read: () => Promise<T>): Promise<Reading<T>> {
  const atMs = clock.nowMs();
  try {
    return { known: true, atMs, value: await read() };
  } catch (error) {
    if (!isPortError(error)) throw error;
    return missing(error, atMs);
  }
}

/** A reader whose reads end at `cutMs` at the latest, missing with `deadline`. A reading carries the time it was begun. */
export function reader(clock: Clock, cutMs: number): Attempt {
  // One timer for all reads of the round: a timer each would be most of a round's work.
  let cut: Promise<void> | undefined;
  return <T>(read: () => Promise<T>): Promise<Reading<T>> => {
    const atMs = clock.nowMs();
    cut ??= clock.sleep(cutMs - atMs);
    return new Promise((resolve, reject) => {
      read().then(
        (value) => resolve({ known: true, atMs, value }),
        (error: unknown) => {
          if (isPortError(error)) resolve(missing(error, atMs));
          else reject(error);
        },
      );
      void cut?.then(() => resolve({ known: false, atMs, why: 'deadline' }));
    });
  };
}

/** Remembers the promise for each key: what several ask for is done once. */
export function once<T>(make: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}

/** One entry of a batched reading; a name that the answer does not hold was not found. */
export function pick<T>(reading: Reading<ReadonlyMap<string, T>>, name: string): Reading<T> {
  if (!reading.known) return reading;
  const value = reading.value.get(name);
  return value === undefined
    ? { known: false, atMs: reading.atMs, why: 'not-found', detail: name }
    : { known: true, atMs: reading.atMs, value };
}
