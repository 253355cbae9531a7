/** The SDK clients, with the patience that a round has: one attempt, and soon over; or with that of a person. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Route53Client } from '@aws-sdk/client-route-53';
import { SNSClient } from '@aws-sdk/client-sns';

export interface AwsClients {
  readonly autoScaling: (region: string) => AutoScalingClient;
  readonly loadBalancing: (region: string) => ElasticLoadBalancingV2Client;
  readonly cloudWatch: (region: string) => CloudWatchClient;
  readonly sns: (region: string) => SNSClient;
  readonly route53: () => Route53Client;
  readonly dynamoDb: () => DynamoDBClient;
}

/** Clients whose connections outlive a call, and may have to be given up. */
export interface KeptClients extends AwsClients {
  /**
   * Gives up every connection that is open now: idle ones at once, one in use as soon as its call is over. The clients
   * stay usable, and connect anew.
   */
  readonly disconnect: () => void;
}

/**
 * A call that waits for a free connection has both its timeouts running: with the SDK's 50, of 200 target groups in a
 * region the last wait for three calls before them, and are lost as soon as each takes 170 ms. More would make the first
 * round after a cold start one of handshakes.
 */
const CONNECTIONS = { keepAlive: true, maxSockets: 100 };

/**
 * `requestTimeout` alone only warns: https://github.com/aws/aws-sdk-js-v3/blob/main/UPGRADING.md (throwOnRequestTimeout).
 * It ends when the answer's head arrives; `socketTimeout` covers a body that stops halfway.
 * A second attempt would outlive the round, and one by the SDK could repeat a write whose outcome is unclear.
 */
const OF_A_ROUND = {
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 500,
    requestTimeout: 1500,
    socketTimeout: 1500,
    throwOnRequestTimeout: true,
  },
};

/** For commands: nobody's round is at stake, throttled calls are worth waiting for, and the line may be slow. */
export const OF_A_PERSON: Patience = {
  maxAttempts: 8,
  requestHandler: {
    connectionTimeout: 5000,
    requestTimeout: 15_000,
    socketTimeout: 15_000,
    throwOnRequestTimeout: true,
  },
};

type Patience = typeof OF_A_ROUND;

/** `make`, but only once per region: a client keeps its connections open, and that is what makes a round fast. */
function perRegion<T>(make: (region: string) => T): (region: string) => T {
  const made = new Map<string, T>();
  return (region) => {
    const known = made.get(region);
    if (known !== undefined) return known;
    const client = make(region);
    made.set(region, client);
    return client;
  };
}

function disconnect(agents: readonly (HttpAgent | HttpsAgent)[]): void {
  for (const { freeSockets, sockets } of agents) {
    for (const idle of Object.values(freeSockets).flat()) idle?.destroy();
    // Before the agent's own listener, which would keep it for the next call.
    for (const used of Object.values(sockets).flat()) used?.prependOnceListener('free', () => void used.destroy());
  }
}

/**
 * Clients made on first use and kept. Credentials and `AWS_ENDPOINT_URL` are the SDK's to find.
 * @param home the region for Route 53 and the state table; by default the SDK's to find too (in Lambda: the function's own).
 */
export function awsClients(patience: Patience = OF_A_ROUND, home?: string): KeptClients {
  const agents: (HttpAgent | HttpsAgent)[] = [];
  const settings = <R>(region: R) => {
    const httpAgent = new HttpAgent(CONNECTIONS);
    const httpsAgent = new HttpsAgent(CONNECTIONS);
    agents.push(httpAgent, httpsAgent);
    return { ...patience, requestHandler: { ...patience.requestHandler, httpAgent, httpsAgent }, ...region };
  };
  const atHome = home === undefined ? {} : { region: home };
  const route53 = perRegion(() => new Route53Client(settings(atHome)));
  const dynamoDb = perRegion(() => new DynamoDBClient(settings(atHome)));
  return {
    autoScaling: perRegion((region) => new AutoScalingClient(settings({ region }))),
    loadBalancing: perRegion((region) => new ElasticLoadBalancingV2Client(settings({ region }))),
    cloudWatch: perRegion((region) => new CloudWatchClient(settings({ region }))),
    sns: perRegion((region) => new SNSClient(settings({ region }))),
    route53: () => route53(''),
    dynamoDb: () => dynamoDb(''),
    disconnect: () => disconnect(agents),
  };
}
