/**
 * Live drills over HTTP: the production runtime of two functions, moto behind the proxy, the table in dynalite. Targets never
 * fail in moto: the drill's overlay makes one. What it brought about is read back by boto3.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { drill } from '../../handlers/drill.ts';
import { onTick } from '../../handlers/on-tick.ts';
import { operate } from '../../handlers/operate.ts';
import { productionRuntime } from '../../handlers/production.ts';
import { type Build, compose } from '../../handlers/runtime.ts';
import { tracing } from '../../handlers/tracing.ts';
import type { LiveDrillResult } from '../../lib/drill/live.ts';
import { type DynamoServer, startDynamo } from '../contract/dynamo-server.ts';
import {
  buildLab,
  buildZone,
  groupNow,
  HOME,
  type Lab,
  labText,
  policyFrom,
  replaceWhenMarked,
  weightsNow,
} from './lab.ts';
import { wire } from './wire.ts';

const here = wire();
let dynamo: DynamoServer;
beforeAll(async () => {
  dynamo = await startDynamo();
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', dynamo.url);
});
afterAll(() => dynamo.stop());

const ALARM = 'errors';
let services = 0;
let requests = 0;

/** A service of its own in moto, with an alarm at home and a table; and the functions as they are deployed, `count` rounds of them. */
async function deployed(count: number, edit: (text: string) => string = (text) => text) {
  const { moto } = here;
  services += 1;
  const text = labText(await buildZone(moto), services, (t) =>
    edit(t.replace('warmupSeconds: 120', 'warmupSeconds: 1').replace(/notify:.*/, '')),
  );
  const policy = policyFrom(text);
  const lab = await buildLab(moto, policy);
  await moto.boto('cloudwatch', HOME, 'put_metric_alarm', {
    ...{ AlarmName: ALARM, Namespace: 'Shop', MetricName: 'Errors', Statistic: 'Sum', Period: 60 },
    ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' },
  });
  await setAlarm('OK');
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-live-'));
  writeFileSync(join(folder, 'web.yml'), text);
  const env = { ...here.env, EVENKEEL_TABLE: await dynamo.createTable(), EVENKEEL_POLICIES: folder };
  const call = (build: Build, event: object, timeoutMs: number): Promise<unknown> => {
    requests += 1;
    const endMs = Date.now() + timeoutMs;
    const context = { awsRequestId: `request-${requests}`, getRemainingTimeInMillis: () => endMs - Date.now() };
    // A runtime for each: they share the table and nothing else, as functions do.
    return compose(build, productionRuntime(env, tracing()))(event, context as Context);
  };
  const rounds = call(onTick, { rounds: count }, 90_000);
  // Two rounds, so that the controller knows the service and its standby is good.
  await sleep(12_000);
  const request = { scenario: 'server-stops', mode: 'live', service: policy.service, confirm: policy.service };
  return {
    ...{ policy, lab, rounds },
    drill: (more: object = {}) =>
      call(
        drill,
        { ...request, expiresInSeconds: 60, abortWhen: [ALARM], ...more },
        900_000,
      ) as Promise<LiveDrillResult>,
    operate: (order: object) => call(operate, order, 30_000),
  };
}

const setAlarm = (StateValue: 'OK' | 'ALARM') =>
  here.moto.boto('cloudwatch', HOME, 'set_alarm_state', { AlarmName: ALARM, StateValue, StateReason: 'by the test' });

/** Ids of the registered targets, as boto3 reads them. */
async function targetsNow({ primaryTargetGroup }: Lab): Promise<string[]> {
  const { TargetHealthDescriptions } = await here.moto.boto('elbv2', HOME, 'describe_target_health', {
    TargetGroupArn: primaryTargetGroup,
  });
  return TargetHealthDescriptions.map(({ Target }: { Target: { Id: string } }) => Target.Id);
}

it('has one real server taken out and replaced, and says how soon', async () => {
  const one = await deployed(7);
  const group = one.policy.fleet?.autoScalingGroup ?? '';
  const before = (await targetsNow(one.lab)).sort();
  expect(before).toHaveLength(2);
  const replacing = replaceWhenMarked(here.moto, group, 30_000);
  const result = await one.drill();
  expect(result).toMatchObject({ verdict: 'pass', mode: 'live', ended: { by: 'answer' } });
  expect(result.measures.actSeconds).toBeLessThanOrEqual(12);
  expect(result.measures.recoverSeconds).toBeGreaterThanOrEqual(result.measures.actSeconds ?? 0);
  const replaced = await replacing;
  expect(replaced).toBe(before[0]);
  const after = await targetsNow(one.lab);
  expect(after).toHaveLength(2);
  expect(after).toContain(before[1]);
  expect(after).not.toContain(replaced);
  const { Instances, DesiredCapacity } = await groupNow(here.moto, HOME, group);
  expect(Instances.map((i: { InstanceId: string }) => i.InstanceId).sort()).toEqual(after.toSorted());
  expect(DesiredCapacity).toBe(2);
  expect(await weightsNow(here.moto, one.policy)).toEqual({ seoul: 100, tokyo: 0 });
  const alarms = here.proxy.calls.filter(({ operation }) => operation === 'DescribeAlarms');
  expect(new Set(alarms.map(({ region }) => region))).toEqual(new Set([HOME, 'ap-northeast-1']));
  await one.rounds;
}, 90_000);

it('has the record moved, touches no server, and says that the way back is the controller’s', async () => {
  const one = await deployed(7);
  const before = (await targetsNow(one.lab)).sort();
  const result = await one.drill({ scenario: 'targets-fail' });
  expect(result).toMatchObject({ verdict: 'pass', ended: { by: 'answer' } });
  expect(result.underWay[0]).toMatch(/is on the secondary and fails back when the primary has been good for 300 s/);
  expect(await weightsNow(here.moto, one.policy)).toEqual({ seoul: 0, tokyo: 100 });
  expect((await targetsNow(one.lab)).sort()).toEqual(before);
  await one.rounds;
}, 90_000);

it('changes nothing when an alarm comes before the answer; and an order stops the next one', async () => {
  const one = await deployed(10, (text) => text.replace('unhealthy: 2, healthy: 2 }', 'unhealthy: 6, healthy: 2 }'));
  const before = (await targetsNow(one.lab)).sort();
  const request = { expiresInSeconds: 120 };
  const first = one.drill(request);
  await sleep(3000);
  await setAlarm('ALARM');
  const aborted = await first;
  expect(aborted).toMatchObject({ verdict: 'fail', ended: { by: 'alarm', message: 'alarm errors is in ALARM' } });
  expect(aborted.ended.atSeconds).toBeLessThan(12);
  // The counters of the rounds are at rest again.
  await sleep(11_000);
  expect(await one.drill(request)).toMatchObject({
    trigger: { kind: 'refused' },
    problems: [{ code: 'NOT_NOW', field: 'abortWhen', message: 'abortWhen: alarm errors is in ALARM' }],
  });
  await setAlarm('OK');
  const second = one.drill(request);
  await sleep(3000);
  const stopped = await one.operate({ order: 'stop-drill' });
  expect(stopped).toMatchObject({ drill: null, problems: [] });
  expect(await second).toMatchObject({ verdict: 'fail', ended: { by: 'order', message: 'it was stopped by hand' } });
  expect(await one.operate({ order: 'stop-drill' })).toMatchObject({ problems: [{ code: 'NO_DRILL' }] });
  await one.rounds;
  expect((await targetsNow(one.lab)).sort()).toEqual(before);
  const { Instances } = await groupNow(here.moto, HOME, one.policy.fleet?.autoScalingGroup ?? '');
  expect(Instances.every((i: { HealthStatus: string }) => i.HealthStatus.toUpperCase() === 'HEALTHY')).toBe(true);
}, 90_000);
