import { describe, expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { awsFleet } from '../../lib/aws/fleet.ts';
import type { Asked } from './aws-server.ts';
import { awsServer, members, result } from './aws-server.ts';

const aws = awsServer();
const fleet = awsFleet(awsClients().autoScaling);
const AT_ONCE = 60;
const none = () => result('DescribeAutoScalingGroups', members('AutoScalingGroups', []));
const read = () => fleet.describe('ap-northeast-2', ['web']);

/** How long a call takes that is expected to fail, in milliseconds. */
async function patience(reply: (asked: Asked) => ReturnType<typeof aws.answer>): Promise<number> {
  aws.answer = reply;
  const startedMs = performance.now();
  await expect(read()).rejects.toMatchObject({ kind: 'Unavailable' });
  return performance.now() - startedMs;
}

describe('the clients', () => {
  test('are made once per region and kept', () => {
    const clients = awsClients();
    for (const make of [clients.autoScaling, clients.loadBalancing, clients.cloudWatch, clients.sns]) {
      expect(make('ap-northeast-2')).toBe(make('ap-northeast-2'));
      expect(make('ap-northeast-2')).not.toBe(make('ap-northeast-1'));
    }
    expect(clients.route53()).toBe(clients.route53());
    expect(clients.dynamoDb()).toBe(clients.dynamoDb());
  });

  test('are each of their own region; Route 53 and the table are where the function runs', async () => {
    const clients = awsClients();
    expect(await clients.autoScaling('ap-northeast-2').config.region()).toBe('ap-northeast-2');
    expect(await clients.cloudWatch('eu-west-1').config.region()).toBe('eu-west-1');
    expect(await clients.route53().config.region()).toBe('ap-northeast-1');
    expect(await clients.dynamoDb().config.region()).toBe('ap-northeast-1');
  });

  test('go where AWS_ENDPOINT_URL says', async () => {
    aws.answer = none;
    expect(await read()).toEqual(new Map());
    expect(aws.asked).toHaveLength(1);
  });

  test('give a silent AWS 1.5 seconds', async () => {
    const tookMs = await patience(() => 'silence');
    expect(tookMs).toBeGreaterThan(1400);
    expect(tookMs).toBeLessThan(2500);
    expect(aws.asked).toHaveLength(1);
  });

  test('give an answer that stops halfway no longer', async () => {
    expect(await patience(() => 'stall')).toBeLessThan(2500);
  });

  test.each([500, 503])('ask once, also after a %i', async (status) => {
    await patience(() => ({ status, type: 'text/html', body: '<html><h1>Oops<br>' }));
    expect(aws.asked).toHaveLength(1);
  });

  test('have more calls under way at once than the 50 of the SDK: who waits for a connection has its timeouts running', async () => {
    const all = Promise.withResolvers<void>();
    aws.answer = async () => {
      if (aws.asked.length === AT_ONCE) all.resolve();
      await all.promise;
      return none();
    };
    expect(await Promise.all(Array.from({ length: AT_ONCE }, read))).toHaveLength(AT_ONCE);
  });

  test('ask once, also after a connection that breaks', async () => {
    await patience(() => 'hang up');
    expect(aws.asked).toHaveLength(1);
  });
});

/** Past which the server of a test has forgotten a connection. */
const IDLE_MS = 50;
const rest = () => new Promise((rested) => setTimeout(rested, 2 * IDLE_MS));

describe('connections that died while nobody looked', () => {
  /** Three connections, all of them dead on the server's side, which the client cannot know. */
  async function afterARest() {
    aws.answer = none;
    aws.idleMs = IDLE_MS;
    const clients = awsClients();
    const own = awsFleet(clients.autoScaling);
    const readOwn = () => own.describe('ap-northeast-2', ['web']);
    await Promise.all([readOwn(), readOwn(), readOwn()]);
    await rest();
    return { clients, readOwn };
  }

  test('fail one call each: nothing is asked twice', async () => {
    const { readOwn } = await afterARest();
    for (let dead = 0; dead < 3; dead += 1)
      await expect(readOwn()).rejects.toMatchObject({
        kind: 'Unavailable',
        message: expect.stringContaining('ECONNRESET'),
      });
    expect(await readOwn()).toEqual(new Map());
  });

  test('fail none once they are given up, and the clients connect anew', async () => {
    const { clients, readOwn } = await afterARest();
    clients.disconnect();
    expect(await readOwn()).toEqual(new Map());
    expect(aws.connections).toBe(4);
    // The new one is kept, as ever.
    expect(await readOwn()).toEqual(new Map());
    expect(aws.connections).toBe(4);
  });

  test('and are in use finish their call, but serve no other', async () => {
    const { clients, readOwn } = await afterARest();
    const answered = Promise.withResolvers<void>();
    clients.disconnect();
    aws.answer = async () => {
      await answered.promise;
      return none();
    };
    const underWay = readOwn();
    await rest();
    clients.disconnect();
    answered.resolve();
    expect(await underWay).toEqual(new Map());
    const { connections } = aws;
    expect(await readOwn()).toEqual(new Map());
    expect(aws.connections).toBe(connections + 1);
  });
});
