/** What the commands that look at a live account share: where the controller runs, and clients with the person's credentials. */
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { parse } from 'yaml';
import { type AwsClients, awsClients, OF_A_PERSON } from '../aws/clients.ts';
import { SIGN_IN } from '../controller/reading.ts';
import { REGION } from '../policy/fields.ts';
import type { Clock } from '../ports.ts';
import { type Io, messageOf, packaged } from './io.ts';

/** The real clock, and an end to all its sleeps: a timer that nobody waits for any more would keep the process alive. */
export function realClock(): { readonly clock: Clock; end(): void } {
  const over = new AbortController();
  const sleep = async (ms: number): Promise<void> => {
    await wait(Math.max(0, ms), undefined, { signal: over.signal }).catch(() => undefined);
  };
  return { clock: { nowMs: () => Date.now(), sleep }, end: () => over.abort() };
}

/**
 * The region in which serverless.yml deploys the controller.
 * @returns `undefined` when it cannot be told without the framework.
 */
async function deployedRegion(): Promise<string | undefined> {
  const text = await readFile(packaged('serverless.yml'), 'utf8').catch(() => '');
  // CloudFormation's own tags, like !GetAtt, are nothing to warn of.
  const region: unknown = parse(text, { logLevel: 'error' })?.provider?.region;
  if (typeof region !== 'string') return undefined;
  // Its own default: `${opt:region, 'ap-northeast-1'}`.
  return /^[a-z0-9-]+$/.test(region) ? region : /^\$\{opt:region, ?'([a-z0-9-]+)'\}$/.exec(region)?.[1];
}

/** The controller's region: what the person says, or what serverless.yml does. Refuses when neither tells, and what is no region by its form. */
export async function controllerRegion(given: string | undefined, refuse: (message: string) => never): Promise<string> {
  if (given !== undefined) {
    const { success, error } = REGION.safeParse(given);
    return success ? given : refuse(`--region: found ${given}; expected ${error.issues[0]?.message}`);
  }
  const region = await deployedRegion();
  return region ?? refuse('serverless.yml does not tell where the controller runs; say it with --region');
}

/**
 * Where the SDK sends its calls instead of to AWS, for all services or for one that is asked here:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
const ENDPOINTS = [
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_AUTO_SCALING',
  'AWS_ENDPOINT_URL_CLOUDWATCH',
  'AWS_ENDPOINT_URL_DYNAMODB',
  'AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2',
  'AWS_ENDPOINT_URL_IAM',
  'AWS_ENDPOINT_URL_ROUTE_53',
  'AWS_ENDPOINT_URL_SNS',
];

/** Clients with a person's patience. Refuses a mistyped endpoint, and where there are no credentials, before anything is asked for. */
export async function accountClients(
  home: string,
  env: Io['env'],
  refuse: (message: string) => never,
): Promise<AwsClients> {
  for (const name of ENDPOINTS) {
    const url = env[name] ?? '';
    // `localhost:4566` is a URL too, of a scheme called localhost.
    if (url !== '' && !(URL.canParse(url) && /^https?:/.test(url)))
      return refuse(`${name}: found ${url}; expected a URL like http://localhost:4566`);
  }
  const clients = awsClients(OF_A_PERSON, home);
  try {
    await clients.dynamoDb().config.credentials();
  } catch (error) {
    return refuse(`found no AWS credentials (${messageOf(error)}); ${SIGN_IN}`);
  }
  return clients;
}
