import type { Context } from 'aws-lambda';
import { afterEach, expect, test, vi } from 'vitest';
import { productionRuntime } from '../../handlers/production.ts';
import { type Build, compose } from '../../handlers/runtime.ts';
import { tracing } from '../../handlers/tracing.ts';
import { awsServer, members, result } from '../aws/aws-server.ts';

const aws = awsServer();
const CONTEXT = { awsRequestId: 'r', getRemainingTimeInMillis: () => 30_000 } as Context;

afterEach(() => vi.useRealTimers());

/** A deployed function that makes three calls at once, and what it takes to freeze it. */
function deployed() {
  aws.answer = () => result('DescribeAutoScalingGroups', members('AutoScalingGroups', []));
  vi.useFakeTimers({ toFake: ['Date'] });
  const runtime = productionRuntime({ EVENKEEL_TABLE: 'evenkeel-test' }, tracing());
  const read = () => runtime.ports.fleet.describe('ap-northeast-2', ['web']);
  const reads: Build = () => () => Promise.all([read(), read(), read()]);
  const fails: Build = () => () => read().then(() => Promise.reject(new Error('it failed')));
  const call = (build: Build) => compose(build, runtime)({}, CONTEXT);
  /** So that `ms` seem to have passed, and the connections are dead when it is nearly a minute. */
  const freeze = async (ms: number) => {
    await new Promise((passed) => setTimeout(passed, 30));
    aws.idleMs = ms < 55_000 ? Number.POSITIVE_INFINITY : 20;
    vi.setSystemTime(Date.now() + ms);
  };
  return { reads, fails, call, freeze };
}

test('a function that was frozen meets none of the connections that died meanwhile', async () => {
  const { reads, call, freeze } = deployed();
  await call(reads);
  await freeze(55_000);
  expect(await call(reads)).toHaveLength(3);
});

test('nor after an invocation that failed', async () => {
  const { reads, fails, call, freeze } = deployed();
  await expect(call(fails)).rejects.toThrow('it failed');
  await freeze(55_000);
  expect(await call(reads)).toHaveLength(3);
});

test('what follows at once goes on with the connections that are there', async () => {
  const { reads, call, freeze } = deployed();
  await call(reads);
  await freeze(2000);
  aws.connections = 0;
  expect(await call(reads)).toHaveLength(3);
  expect(aws.connections).toBe(0);
});
