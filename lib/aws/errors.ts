/**
 * What the SDK throws, sorted into the kinds of `PortError`. The order is: what the service says by name, what it says
 * in words, the HTTP status, and at last the transport. What fits nowhere is our own fault and stays as it is.
 *
 * For a write the kinds mean: `Unavailable` may have had its effect, every other kind had none.
 */
import type { PortErrorKind } from '../ports.ts';
import { PortError } from '../ports.ts';

/**
 * Exception names without the `Exception` or `Fault` at their end: the query protocol sends `ScalingActivityInProgress`,
 * the SDK calls it `ScalingActivityInProgressFault`, and either may arrive.
 */
const KIND_BY_NAME: ReadonlyMap<string, PortErrorKind> = new Map(
  Object.entries({
    NotFound: [
      // "The specified target does not exist, is not in the same VPC as the target group, or has an unsupported instance
      // type": https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
      'InvalidTarget',
    ],
    // The names that every service shares: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html
    // Several of them come with status 400, so the status alone does not tell.
    Denied: [
      'AccessDenied',
      'AuthFailure',
      'AuthorizationError',
      'ExpiredToken',
      'IncompleteSignature',
      'InvalidClientTokenId',
      'InvalidSignature',
      'KMSAccessDenied',
      // The key of an encrypted topic, disabled or about to be deleted: a person has to act, and nothing was done.
      // https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
      'KMSDisabled',
      'KMSInvalidState',
      'KMSOptInRequired',
      'MissingAuthenticationToken',
      'NotAuthorized',
      'OptInRequired',
      'RequestExpired',
      'SignatureDoesNotMatch',
      'UnauthorizedOperation',
      'UnrecognizedClient',
      // Not answers, but the SDK's own: no credentials to send the request with.
      'CredentialsProviderError',
      'TokenProviderError',
    ],
    // The SDK's own list of throttling codes (@smithy/core/retry), plus what is a "later, please" for us.
    Throttled: [
      'BandwidthLimitExceeded',
      'KMSThrottling',
      'LimitExceeded',
      // HTTP 400 while another batch for the same zone is under way:
      // https://repost.aws/knowledge-center/route-53-avoid-throttling-errors
      'PriorRequestNotComplete',
      'ProvisionedThroughputExceeded',
      'RequestLimitExceeded',
      'RequestThrottled',
      // "You already have a pending update to an Amazon EC2 Auto Scaling resource", with HTTP 500 though nothing is down:
      // https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceHealth.html
      'ResourceContention',
      'SlowDown',
      'Throttled',
      'Throttling',
      'TooManyRequests',
    ],
    Conflict: [
      'ConcurrentModification',
      'ConditionalCheckFailed',
      'ResourceInUse',
      // "The operation can't be performed because there are scaling activities in progress":
      // https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html
      'ScalingActivityInProgress',
      'TransactionConflict',
    ],
    Unavailable: [
      'AbortError',
      'HealthUnavailable', // ELB: "The health of the specified targets could not be retrieved due to an internal error"
      'InternalError',
      'InternalFailure',
      'InternalServerError',
      'RequestTimeout',
      'ServiceUnavailable',
      'TimeoutError',
    ],
  } satisfies Record<PortErrorKind, string[]>).flatMap(([kind, names]) =>
    names.map((name) => [name, kind as PortErrorKind] as const),
  ),
);

/** TargetGroupNotFound, InvalidInstanceID.NotFound, NoSuchHostedZone … */
const NAMES_NOTHING = /NotFound$|^NoSuch/;

/** Names that say no more than "invalid": there the words decide. `Unknown` is the SDK's for a shape that it cannot read. */
const VAGUE = new Set(['ValidationError', 'Validation', 'InvalidChangeBatch', 'InvalidParameterValue', 'Unknown']);

const KIND_BY_WORDS: readonly (readonly [RegExp, PortErrorKind])[] = [
  // Route 53, one sentence per refused change, as quoted in https://github.com/aws/aws-sdk-kotlin/pull/1435
  [/but it was not found|do not match the current values|but it already exists/, 'Conflict'],
  // Auto Scaling: "New SetDesiredCapacity value 3 is above max value 2 for the AutoScalingGroup.", quoted in
  // https://github.com/kubernetes/autoscaler/issues/943, and its like, in https://github.com/convox/praxis/pull/258
  [/is (above max|below min) value|must be between the specified min size/i, 'Conflict'],
  // "The AutoScaling group may not be modified while it is pending delete": https://github.com/kubernetes/kops/issues/844
  [/pending delete/i, 'Conflict'],
  // Auto Scaling: "AutoScalingGroup name not found - …", "Instance Id not found - No managed instance found for …"
  [/not found|no managed instance/i, 'NotFound'],
  // ELB: "'arn:…' is not a valid target group ARN", also for one of another account:
  // https://github.com/spinnaker/spinnaker/issues/5574
  [/is not a valid target group/i, 'NotFound'],
];

/** Codes of the operating system, the resolver, the HTTP parser and TLS; but not node's own `ERR_INVALID_…`, a bug. */
const TRANSPORT = /^(E(?!RR_)[A-Z0-9_]+|HPE_|UND_ERR_|ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** The fields that decide, whichever of them this error has. */
interface Thrown {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly messages?: unknown;
  readonly Messages?: { readonly Message?: unknown };
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $retryable?: { readonly throttling?: boolean };
}

/**
 * All that the error says, on one line. Route 53's older answer to a refused batch, `<InvalidChangeBatch><Messages>`,
 * reaches us with the message "UnknownError" and the words in `Messages`.
 */
function words(thrown: Thrown): string {
  const said = [thrown.message, thrown.messages, thrown.Messages?.Message].flat();
  return said
    .filter((text) => typeof text === 'string' && text !== '')
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function kindByStatus(thrown: Thrown): PortErrorKind | null {
  const status = thrown.$metadata?.httpStatusCode;
  if (status === undefined) return null;
  // Below 400 the request was carried out, or a proxy answered for it, but the answer could not be read.
  // AWS names what it does not find; a 404 without such a name comes from somebody else.
  if (status >= 500 || status < 400 || status === 408 || status === 404) return 'Unavailable';
  if (status === 401 || status === 403) return 'Denied';
  if (status === 409) return 'Conflict';
  if (status === 429) return 'Throttled';
  return null;
}

/**
 * A 404 that names no error, as any web server answers: a mistyped AWS_ENDPOINT_URL must not look like an empty account. For
 * XML without a code the SDK makes one up, `NotFound` (loadRestXmlErrorCode in @aws-sdk/core), but has no words to it.
 */
function isAnybodys404(thrown: Thrown, name: string): boolean {
  if (thrown.$metadata?.httpStatusCode !== 404) return false;
  return name === 'Unknown' || (name === 'NotFound' && /^Unknown(Error)?$/.test(String(thrown.message)));
}

function kindOf(thrown: Thrown): PortErrorKind | null {
  const name = String(thrown.name).replace(/(Exception|Fault)$/, '');
  if (isAnybodys404(thrown, name)) return 'Unavailable';
  const named = KIND_BY_NAME.get(name);
  if (named !== undefined) return named;
  if (NAMES_NOTHING.test(name)) return 'NotFound';
  if (VAGUE.has(name)) {
    const said = words(thrown);
    const hit = KIND_BY_WORDS.find(([pattern]) => pattern.test(said));
    if (hit !== undefined) return hit[1];
  }
  if (thrown.$retryable?.throttling === true) return 'Throttled';
  const answered = kindByStatus(thrown);
  if (answered !== null) return answered;
  return typeof thrown.code === 'string' && TRANSPORT.test(thrown.code) ? 'Unavailable' : null;
}

/**
 * The error as the ports throw it.
 * @param what the call in words, for the message: "read Auto Scaling groups in eu-west-1".
 * @param otherwise the kind of an answer that is in no list. By default it is taken for a bug: we asked wrongly.
 * @returns a `PortError` with the original as its cause; the original itself when it is a bug of ours.
 */
export function toPortError(what: string, error: unknown, otherwise: PortErrorKind | null = null): unknown {
  if (error instanceof PortError) return new PortError(error.kind, `${what}: ${error.message}`, { cause: error });
  if (!(error instanceof Error)) return error;
  const thrown = error as Thrown;
  const status = thrown.$metadata?.httpStatusCode;
  const kind = kindOf(thrown) ?? (status === undefined ? null : otherwise);
  if (kind === null) return error;
  const answered = status === undefined ? '' : ` (HTTP ${status})`;
  return new PortError(kind, `${what}: ${String(thrown.name)}: ${words(thrown)}${answered}`, { cause: error });
}

/** Runs one call to AWS; what it throws arrives sorted by `toPortError`. */
export async function calling<T>(what: string, call: () => Promise<T>, otherwise?: PortErrorKind): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toPortError(what, error, otherwise);
  }
}

/**
 * A field that AWS always sends. The SDK hands out an empty object for an empty answer, and "no list" must not be taken
 * for "an empty list".
 * @throws PortError `Unavailable` when it is absent.
 */
export function present<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw new PortError('Unavailable', `the answer of AWS has no ${field}`);
  return value;
}
