import { describe, expect, test } from 'vitest';
import { awsAlarms } from '../../lib/aws/alarms.ts';
import { awsClients } from '../../lib/aws/clients.ts';
import { awsServer, json, jsonError } from './aws-server.ts';

const aws = awsServer();
const alarms = awsAlarms(awsClients().cloudWatch);

interface Input {
  readonly AlarmNames: readonly string[];
  readonly AlarmTypes: readonly string[];
  readonly NextToken?: string;
}
const asked = (): Input[] => aws.asked.map(({ body }) => JSON.parse(body) as Input);
const metric = (AlarmName: string, StateValue: string) => ({ AlarmName, StateValue });

describe('reading alarms', () => {
  test('asks for metric and composite ones, and leaves out what does not exist', async () => {
    aws.answer = () => json({ MetricAlarms: [metric('errors', 'OK')], CompositeAlarms: [metric('all', 'ALARM')] });
    const read = await alarms.states('ap-northeast-2', ['errors', 'all', 'gone']);
    expect(read).toEqual(
      new Map([
        ['errors', 'OK'],
        ['all', 'ALARM'],
      ]),
    );
    expect(asked()).toEqual([{ AlarmNames: ['errors', 'all', 'gone'], AlarmTypes: ['CompositeAlarm', 'MetricAlarm'] }]);
  });

  test('reads every page, and 100 names a call', async () => {
    aws.answer = () => {
      const { AlarmNames, NextToken } = asked().at(-1) as Input;
      const page = NextToken === undefined ? AlarmNames.slice(0, 50) : AlarmNames.slice(50);
      return json({
        MetricAlarms: page.map((name) => metric(name, 'OK')),
        ...(NextToken === undefined && AlarmNames.length > 50 ? { NextToken: 'more' } : {}),
      });
    };
    const names = Array.from({ length: 130 }, (_, n) => `alarm-${n}`);
    const read = await alarms.states('ap-northeast-2', names);
    expect([...read.keys()].sort()).toEqual(names.toSorted());
    expect(asked().map(({ AlarmNames }) => AlarmNames.length)).toEqual([100, 100, 30]);
  });

  test('of no name asks nothing', async () => {
    expect(await alarms.states('ap-northeast-2', [])).toEqual(new Map());
    expect(aws.asked).toEqual([]);
  });

  test('is denied where it may not be read', async () => {
    aws.answer = () => jsonError('AccessDenied', 'no', 403);
    await expect(alarms.states('ap-northeast-2', ['errors'])).rejects.toMatchObject({ kind: 'Denied' });
  });
});
