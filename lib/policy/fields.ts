/**
 * The kinds of field that a policy is made of. The error text of each is what it *expects*; `explain.ts` puts it behind
 * the field's path and what was found there.
 */
import * as z from 'zod';

/** A whole number within bounds. */
export function whole(min: number, max: number, unit: string): z.ZodInt {
  const error = `a whole number from ${min} to ${max} (${unit})`;
  // `abort`: rules between fields are not asked about a value that is wrong by itself.
  return z.int({ error }).min(min, { error, abort: true }).max(max, { error, abort: true });
}

/** A duration in whole seconds, at least one. */
export function seconds(max: number): z.ZodInt {
  return whole(1, max, 'seconds');
}

export function percent(): z.ZodInt {
  return whole(0, 100, 'percent');
}

/** Any finite number. */
export function finite(): z.ZodNumber {
  return z.number({ error: 'a number' });
}

/** A number within bounds. */
export function fraction(min: number, max: number): z.ZodNumber {
  const error = `a fraction from ${min} to ${max}`;
  return z.number({ error }).min(min, { error, abort: true }).max(max, { error, abort: true });
}

/** Text of one form; `expected` says which. */
function text(pattern: RegExp, expected: string): z.ZodString {
  return z.string({ error: expected }).regex(pattern, { error: expected });
}

export function oneOf<const T extends readonly [string, ...string[]]>(...options: T) {
  return z.enum(options, { error: `${options.slice(0, -1).join(', ')} or ${options.at(-1)}` });
}

/**
 * A map with these keys and no others. The error text of an unknown key is the bare list of known ones, from which
 * `explain.ts` picks the nearest.
 */
export function keys<T extends z.core.$ZodShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known : `a map of keys (${known})`),
  });
}

/** Adds a rule's own finding while a value is being checked. */
export function report(ctx: z.RefinementCtx, path: readonly (string | number)[], code: string, message: string): void {
  ctx.addIssue({ code: 'custom', path: [...path], message, params: { code } });
}

/**
 * A rule between fields, asked only about a value that has no other problem: else it would report echoes, as of a key
 * that is misspelled and therefore missing. (zod runs checks despite unknown keys.)
 */
export function rule<T>(check: (value: T, ctx: z.RefinementCtx) => void): (value: T, ctx: z.RefinementCtx) => void {
  return (value, ctx) => {
    if (ctx.issues.length === 0) check(value, ctx);
  };
}

/** `min` may not be above `max`. */
export const minNotAboveMax = rule((value: { min: number; max: number }, ctx) => {
  if (value.min > value.max) {
    report(ctx, ['min'], 'MIN_ABOVE_MAX', `found ${value.min}; expected at most max, which is ${value.max}`);
  }
});

// Patterns of AWS names, with the page or API type that gives each.

/** What is safe in an alarm name and in a DynamoDB key, and cannot be mistaken for a number. */
export const OWN_NAME = text(
  /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
  'a name of up to 40 lowercase letters, digits and dashes, a letter first, no dash last',
);

/** Three and more parts; the digits last: ap-northeast-2, us-gov-west-1, eusc-de-east-1. */
export const REGION = text(
  /^[a-z]{2,4}(?:-[a-z]+){1,3}-[1-9][0-9]?$/,
  'the code of an AWS region, like ap-northeast-2',
);

/** ASCII 33 to 126 without the colon. https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html */
export const GROUP_NAME = text(
  /^[!-9;-~]{1,255}$/,
  'the name of an Auto Scaling group, 1 to 255 printable characters without colon and blank (not its ARN)',
);

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html */
export const TARGET_GROUP = text(
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?|arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup\/[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?\/[0-9a-f]{16})$/,
  'the name of a target group (up to 32 letters, digits and dashes, no dash first or last) or its whole ARN',
);

/** https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html */
export const HOSTED_ZONE_ID = text(
  /^[A-Z0-9]{1,32}$/,
  'the id of a hosted zone: capital letters and digits, without /hostedzone/',
);

/** https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html */
export const RECORD_NAME = text(
  /^(?=.{1,255}$)(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z0-9-]{2,63}\.?$/,
  'a full domain name, like www.example.com',
);

/** https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html */
export const SET_IDENTIFIER = text(/^[ -~]{1,128}$/, 'the SetIdentifier of a weighted record set, 1 to 128 characters');

/** FIFO topics want a message group, which a notification has none of. */
export const TOPIC_ARN = text(
  /^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$/,
  'the ARN of a standard SNS topic, like arn:aws:sns:ap-northeast-1:111122223333:on-call (not FIFO)',
);

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Metric.html */
export const METRIC_TEXT = text(/^[!-~](?:[ -~]{0,253}[!-~])?$/, '1 to 255 characters as CloudWatch shows them');

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html */
export const STATISTIC = text(
  /^(?:Average|Sum|Minimum|Maximum|SampleCount|p(?:100|[0-9]{1,2}(?:\.[0-9]{1,10})?))$/,
  'Average, Sum, Minimum, Maximum, SampleCount or a percentile like p99',
);

const PERIOD = 'a period that metrics and alarms share: 10, 20, 30 or a multiple of 60, up to 3600 seconds';

/** Alarms take 10, 20, 30 and multiples of 60. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
export const PERIOD_SECONDS = z
  .int({ error: PERIOD })
  .min(10, { error: PERIOD })
  .max(3600, { error: PERIOD })
  .superRefine((value, ctx) => {
    if (value % 60 !== 0 && ![10, 20, 30].includes(value)) {
      report(ctx, [], 'OUT_OF_RANGE', `found ${value}; expected ${PERIOD}`);
    }
  });

/** The ping path. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html */
export const PING_PATH = text(/^\/[!-~]{0,1023}$/, 'a path that begins with / and has no blanks');

export const MATCHER = text(
  /^[2-5][0-9]{2}(?:[-,][2-5][0-9]{2})*$/,
  'HTTP codes in quotes: "200", "200,204" or "200-299"',
);

const URL_EXPECTED = 'a whole URL that begins with https:// or http://';

/** Ports that `fetch` refuses always, as mail and the like listen there: https://fetch.spec.whatwg.org/#port-blocking. Nobody listens on 0. */
// biome-ignore format: a list of numbers
export const BLOCKED_PORTS: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111,
  113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548,
  554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665,
  6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/** What `fetch` would refuse looks like a site that is down for good. */
const isFetched = rule((value: string, ctx) => {
  const { username, password, port } = new URL(value);
  // Not quoted: what is found is printed and logged.
  if (username !== '' || password !== '')
    report(
      ctx,
      [],
      'BAD_FORMAT',
      'found a URL with a user or password; expected one without: probe a path that asks for none',
    );
  if (port !== '' && BLOCKED_PORTS.has(Number(port)))
    report(ctx, [], 'BAD_FORMAT', `found port ${port}, which fetch never asks; expected another, like 443 or 8080`);
});

export const PROBE_URL = z.url({ protocol: /^https?$/, hostname: /^.+$/, error: URL_EXPECTED }).superRefine(isFetched);
