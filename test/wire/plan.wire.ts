import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { awsState } from '../../lib/aws/state.ts';
import type { ServiceState } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { evenkeel } from '../cli/capture.ts';
import { asProcess, policyFile, WRITES } from './doctoring.ts';
import { buildHealthyLab, type HealthyLab } from './healthy-lab.ts';
import { groupNow, HOME, reportCpu, STANDBY, weightsNow } from './lab.ts';
import { wire } from './wire.ts';

const here = wire();
const GROUP = 'exercise-group';
const TABLE = 'evenkeel-prod';
let lab: HealthyLab;

beforeAll(async () => {
  lab = await buildHealthyLab(here.moto, {
    cpu: 95,
    edit: (text) => text.replace('max: 2 }', 'max: 4 }').replace('warmupSeconds: 120', 'warmupSeconds: 1'),
  });
  await here.moto.boto('autoscaling', HOME, 'update_auto_scaling_group', { AutoScalingGroupName: GROUP, MaxSize: 4 });
});

// The newest minute counts, whichever it is by now.
beforeEach(() => reportCpu(here.moto, HOME, GROUP, 95, 2));

/** Everything that plan might touch, as boto3 sees it. */
async function account() {
  const { boto } = here.moto;
  const { TableNames } = await boto('dynamodb', STANDBY, 'list_tables');
  const { Items } = TableNames.includes(TABLE) ? await boto('dynamodb', STANDBY, 'scan', { TableName: TABLE }) : {};
  const health = await boto('elbv2', HOME, 'describe_target_health', { TargetGroupArn: lab.primaryTargetGroup });
  return {
    group: await groupNow(here.moto, HOME, GROUP),
    weights: await weightsNow(here.moto, lab.policy),
    health,
    TableNames,
    Items,
  };
}

/** Runs plan, and sees to it that nothing was changed and no write was even asked for. */
async function plan(...args: string[]) {
  const before = await account();
  here.proxy.calls.length = 0;
  const ended = await evenkeel(['plan', ...args, '--policy', lab.file]);
  expect(await account()).toEqual(before);
  expect(here.proxy.calls.filter(({ operation }) => WRITES.test(operation))).toEqual([]);
  return ended;
}

async function table() {
  await here.moto.boto('dynamodb', STANDBY, 'create_table', {
    TableName: TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
  return awsState(awsClients().dynamoDb, TABLE);
}

const SCALE_OUT = 'Set the desired capacity of exercise-group (ap-northeast-2) from 2 to 3.';

describe('plan without a state table', () => {
  it('shows what a cycle would do at CPU 95 %, says that counters begin at zero, and changes nothing', async () => {
    const { code, out, err } = await plan();
    expect(err).toBe('');
    expect(out).toContain(
      `State from nothing: there is no table ${TABLE} in ${STANDBY}, so every counter begins at zero\n\nweb (mode enforce, on the primary)\n`,
    );
    expect(out).toMatch(/\n {2}scaling +SCALE_OUT +.+\n {12}would +/);
    expect(out).toContain(SCALE_OUT);
    expect(out).toMatch(/\n {2}failover +ON_PRIMARY +on the primary, which has 2 of 2 healthy\n/);
    expect(out).toMatch(/\n1 service looked at: 1 would be changed, 0 not\. Nothing was changed\.\n$/);
    expect(code).toBe(0);
    expect((await groupNow(here.moto, HOME, GROUP)).DesiredCapacity).toBe(2);
  });

  it('explains every decision in full when asked', async () => {
    const { out } = await plan('--explain', 'web');
    expect(out).toContain('\nweb, scaling: SCALE_OUT\n');
    expect(out).toMatch(/\nSteps\n {2}recommend +3 +cpu 95 on 2 instances\n/);
    expect(out).toContain('Not applied, PLANNED. This was only a look: a cycle would send it now.');
  });

  it('ends with 1 for changes only when asked', async () => {
    expect((await plan('--exit-code')).code).toBe(1);
    const { code, out } = await plan('--json');
    expect(code).toBe(0);
    const { services } = JSON.parse(out);
    expect(services).toMatchObject([{ service: 'web', mode: 'enforce', state: 'primary', missing: [] }]);
    const actions = services[0].decisions.flatMap((d: { action: unknown }) => (d.action === null ? [] : [d.action]));
    expect(actions).toMatchObject([{ kind: 'setCapacity', group: GROUP, from: 2, to: 3 }]);
  });

  it('says of a policy that observes what it would do, but does not', async () => {
    const file = policyFile(readFileSync(lab.file, 'utf8').replace('mode: enforce', 'mode: observe'));
    const { code, out } = await evenkeel(['plan', '--policy', file, '--exit-code']);
    expect(out).toContain(`${SCALE_OUT} But not now: the mode is observe.`);
    expect(out).toContain('0 would be changed, 1 not');
    expect(code).toBe(0);
  });

  it('tells what could not be read', async () => {
    const through = here.proxy.rule;
    here.proxy.rule = (call) =>
      call.service === 'monitoring' ? { kind: 'error', status: 403, code: 'AccessDenied' } : through(call);
    const { out } = await plan();
    expect(out).toContain('  not read  signal cpu: denied\n');
    expect(out).toContain('0 would be changed');
  });

  it('refuses a table and a service that are not there', async () => {
    const noTable = await evenkeel(['plan', '--policy', lab.file, '--table', 'evenkeel-typo']);
    expect(noTable.code).toBe(2);
    expect(noTable.err).toContain('there is no table evenkeel-typo in ap-northeast-1; leave --table out');
    const noService = await evenkeel(['plan', 'wep', '--policy', lab.file]);
    expect(noService.code).toBe(2);
    expect(noService.err).toContain('no policy is for a service wep; did you mean web?');
    expect((await evenkeel(['plan', '--stage', 'a', '--table', 'b'])).code).toBe(2);
  });

  it('ends as soon as it has said everything', async () => {
    const startedMs = performance.now();
    const { code, out } = await asProcess(['plan', '--policy', lab.file], here.env);
    expect(code).toBe(0);
    expect(out).toContain(SCALE_OUT);
    // Its patience, for which a timer might be left running, is 30 s.
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  });

  it('says how to sign in when there are no credentials', async () => {
    const env = { AWS_ENDPOINT_URL: here.env.AWS_ENDPOINT_URL, AWS_EC2_METADATA_DISABLED: 'true' };
    const { code, err } = await asProcess(['plan', '--policy', lab.file], env);
    expect(code).toBe(2);
    expect(err).toMatch(/^error: found no AWS credentials \(.+\); sign in first \(aws sso login\)/);
  });
});

describe('plan with a state table', () => {
  const held = (state: ServiceState): ServiceState => ({ ...state, orders: { ...state.orders, hold: { atMs: 1 } } });

  it('decides with the saved state, tells what stands against a change, and leaves the items as they are', async () => {
    const state = await table();
    const saved = await state.save(initialState('web'));
    const free = await plan();
    expect(free.out).toContain(`State from table ${TABLE} in ${STANDBY}\n`);
    expect(free.out).toContain(`${SCALE_OUT}\n`);

    await state.setFrozen(true, Date.now());
    expect((await plan('--exit-code')).out).toContain('But not now: all writes are frozen by hand, until `unfreeze`.');
    await state.save(held(saved));
    const shut = await plan('--exit-code');
    expect(shut.out).toContain('But not now: the service is held by hand, until `release`.');
    expect(shut.code).toBe(0);
  });
});
