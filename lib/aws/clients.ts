/** The SDK clients with the patience that a round has: one attempt, and soon over. */
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

/**
 * A call that waits for a free connection has both its timeouts running: with the SDK's 50, of 200 target groups in a
 * region the last wait for three calls before them, and are lost as soon as each takes 170 ms. More would make the first
 * round after a cold start one of handshakes.
 */
const CONNECTIONS = { maxSockets: 100 };

/**
 * `requestTimeout` alone only warns: https://github.com/aws/aws-sdk-js-v3/blob/main/UPGRADING.md (throwOnRequestTimeout).
 * It ends when the answer's head arrives; `socketTimeout` covers a body that stops halfway.
 * A second attempt would outlive the round, and one by the SDK could repeat a write whose outcome is unclear.
 */
const PATIENCE = {
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 500,
    requestTimeout: 1500,
    socketTimeout: 1500,
    throwOnRequestTimeout: true,
    httpAgent: CONNECTIONS,
    httpsAgent: CONNECTIONS,
  },
};

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

/**
 * Clients made on first use and kept. Credentials, `AWS_ENDPOINT_URL` and, for Route 53 and the state table, the region
 * are the SDK's to find (in Lambda: the function's own), so nothing is set here that would override them.
 */
export function awsClients(): AwsClients {
  const route53 = perRegion(() => new Route53Client({ ...PATIENCE }));
  const dynamoDb = perRegion(() => new DynamoDBClient({ ...PATIENCE }));
  return {
    autoScaling: perRegion((region) => new AutoScalingClient({ ...PATIENCE, region })),
    loadBalancing: perRegion((region) => new ElasticLoadBalancingV2Client({ ...PATIENCE, region })),
    cloudWatch: perRegion((region) => new CloudWatchClient({ ...PATIENCE, region })),
    sns: perRegion((region) => new SNSClient({ ...PATIENCE, region })),
    route53: () => route53(''),
    dynamoDb: () => dynamoDb(''),
  };
}
