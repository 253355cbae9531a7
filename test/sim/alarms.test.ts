import type { AlarmType, DescribeAlarmsCommandInput } from '@aws-sdk/client-cloudwatch';
import { DescribeAlarmsCommand, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { describe, expect, test } from 'vitest';
import { clients, events, failure, pass, SEOUL, soon, TOKYO, world } from './worlds.ts';

const HIGH = 'evenkeel-web-cpu-high';

describe('alarms', () => {
  test('are read by name, in the region of their service, and only where metric alarms are asked for', async () => {
    const sim = world();
    const ask = async (region: string, input: DescribeAlarmsCommandInput) => {
      const command = new DescribeAlarmsCommand(input);
      const { MetricAlarms } = await soon(sim, clients(sim).cloudWatch(region).send(command));
      return (MetricAlarms ?? []).map(({ AlarmName, StateValue }) => [AlarmName, StateValue]);
    };
    expect(await ask(SEOUL, { AlarmNames: [HIGH, 'gone'] })).toEqual([[HIGH, 'OK']]);
    expect(await ask(SEOUL, { AlarmNames: [HIGH], AlarmTypes: ['CompositeAlarm', 'MetricAlarm'] })).toHaveLength(1);
    expect(await ask(SEOUL, { AlarmNames: [HIGH], AlarmTypes: ['CompositeAlarm'] })).toEqual([]);
    expect(await ask(TOKYO, { AlarmNames: [HIGH] })).toEqual([]);
    expect((await ask(SEOUL, {})).length).toBeGreaterThanOrEqual(2);
  });

  test('come by the page, at most 100 names a call', async () => {
    const sim = world();
    const client = clients(sim).cloudWatch(SEOUL);
    const read = async () => {
      const names: (string | undefined)[] = [];
      for await (const page of paginateDescribeAlarms({ client, pageSize: 1 }, {}))
        names.push(...(page.MetricAlarms ?? []).map(({ AlarmName }) => AlarmName));
      return names;
    };
    expect(await soon(sim, read())).toContain(HIGH);
    const refusal = (input: DescribeAlarmsCommandInput) => failure(sim, client.send(new DescribeAlarmsCommand(input)));
    const many = Array.from({ length: 101 }, (_, n) => `a-${n}`);
    expect(await refusal({ AlarmNames: many })).toMatchObject({ name: 'ValidationError' });
    expect(await refusal({ MaxRecords: 101 })).toMatchObject({ name: 'ValidationError' });
  });

  test('composite ones are shown to who asks for them, and follow those that they are over', async () => {
    const sim = world();
    sim.apply({ kind: 'composite', service: 'web', alarm: 'whole', over: [HIGH] });
    const ask = async (AlarmTypes?: AlarmType[]) => {
      const command = new DescribeAlarmsCommand({ AlarmNames: ['whole'], AlarmTypes });
      const { CompositeAlarms } = await soon(sim, clients(sim).cloudWatch(SEOUL).send(command));
      return (CompositeAlarms ?? []).map(({ AlarmName, AlarmRule, StateValue }) => [AlarmName, AlarmRule, StateValue]);
    };
    expect(await ask(['CompositeAlarm'])).toEqual([['whole', `ALARM("${HIGH}")`, 'OK']]);
    sim.apply({ kind: 'alarm', service: 'web', alarm: HIGH, state: 'ALARM' });
    expect(await ask(['MetricAlarm', 'CompositeAlarm'])).toEqual([['whole', `ALARM("${HIGH}")`, 'ALARM']]);
    expect(await ask(['MetricAlarm'])).toEqual([]);
    expect(await ask()).toEqual([]);
  });

  test('set by hand have that state until the next datapoint says otherwise', async () => {
    const sim = world();
    sim.apply({ kind: 'alarm', service: 'web', alarm: HIGH, state: 'ALARM' });
    sim.apply({ kind: 'alarm', service: 'web', alarm: 'gone', state: 'ALARM' });
    await pass(sim, 180);
    const turns = events(sim, 'alarm').filter(({ name }) => name === HIGH);
    expect(turns.map(({ to }) => to)).toEqual(['ALARM', 'OK']);
  });
});
