/** What CloudWatch does with alarms: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
import type { DescribeAlarmsCommandInput } from '@aws-sdk/client-cloudwatch';
import { DescribeAlarmsCommand, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { expect } from 'vitest';
import { HOME, STANDBY } from '../lab.ts';
import { type Case, casesOf, refused } from './case.ts';
import { cloudWatch, DENIED, INVALID } from './cloudwatch.ts';
import { expectPaged, pagesOf } from './pages.ts';
import type { Peer, Stage } from './peer.ts';

const BOTH = ['CompositeAlarm' as const, 'MetricAlarm' as const];

type States = Readonly<Record<string, string>>;

const statesOf = (
  alarms: readonly { AlarmName?: string | undefined; StateValue?: string | undefined }[] = [],
): States => Object.fromEntries(alarms.map(({ AlarmName = '', StateValue = '' }) => [AlarmName, StateValue]));

/** The states by name, those of composite alarms apart. */
async function read(stage: Stage, input: DescribeAlarmsCommandInput, region = HOME) {
  const call = stage.clients.cloudWatch(region).send(new DescribeAlarmsCommand(input));
  const { MetricAlarms, CompositeAlarms } = await stage.answered(call);
  return { metric: statesOf(MetricAlarms), composite: statesOf(CompositeAlarms) };
}

const refusing = (peer: Peer, input: DescribeAlarmsCommandInput) =>
  peer
    .stage()
    .then((stage) => refused(stage.answered(cloudWatch(stage).send(new DescribeAlarmsCommand(input))), INVALID));

export const alarmCases: readonly Case<Peer>[] = casesOf<Peer>('DescribeAlarms', {
  success: {
    'by name: the states that somebody set': async (peer) => {
      const stage = await peer.stage();
      const [high, low] = await stage.alarms(stage.web);
      await stage.setAlarm(stage.web, high, 'ALARM');
      await stage.setAlarm(stage.web, low, 'INSUFFICIENT_DATA');
      const { metric } = await read(stage, { AlarmNames: [low, high] });
      expect(metric).toEqual({ [high]: 'ALARM', [low]: 'INSUFFICIENT_DATA' });
    },
    'without names all that there are': async (peer) => {
      const stage = await peer.stage();
      const names = await stage.alarms(stage.web);
      expect(Object.keys((await read(stage, {})).metric)).toEqual(expect.arrayContaining([...names]));
    },
    'composite ones beside the others, to who asks for both': async (peer) => {
      const stage = await peer.stage();
      const [high, low] = await stage.alarms(stage.web);
      const over = await stage.composeAlarm(stage.web, high);
      const { metric, composite } = await read(stage, { AlarmNames: [over, high, low], AlarmTypes: BOTH });
      expect(Object.keys(metric).sort()).toEqual([high, low].sort());
      expect(composite).toEqual({ [over]: expect.stringMatching(/^(OK|INSUFFICIENT_DATA)$/) });
    },
    'composite ones to nobody else': async (peer) => {
      const stage = await peer.stage();
      const [high] = await stage.alarms(stage.web);
      const over = await stage.composeAlarm(stage.web, high);
      expect((await read(stage, { AlarmNames: [over, high] })).composite).toEqual({});
    },
    'a composite one is in ALARM with the one that it is over': async (peer) => {
      const stage = await peer.stage();
      const [high] = await stage.alarms(stage.web);
      const over = await stage.composeAlarm(stage.web, high);
      await stage.setAlarm(stage.web, high, 'ALARM');
      const { composite } = await read(stage, { AlarmNames: [over], AlarmTypes: BOTH });
      expect(composite).toEqual({ [over]: 'ALARM' });
    },
  },
  'not found': {
    'a name of nothing is left out, and is no error': async (peer) => {
      const stage = await peer.stage();
      const [high] = await stage.alarms(stage.web);
      expect(Object.keys((await read(stage, { AlarmNames: ['nobody', high] })).metric)).toEqual([high]);
    },
    'an alarm of another region': async (peer) => {
      const stage = await peer.stage();
      const [high] = await stage.alarms(stage.web);
      const found = await read(stage, { AlarmNames: [high], AlarmTypes: BOTH }, STANDBY);
      expect(found).toEqual({ metric: {}, composite: {} });
    },
  },
  denied: {
    'is refused': async (peer) => {
      const stage = await peer.stage();
      const command = new DescribeAlarmsCommand({ AlarmNames: ['nobody'] });
      const call = stage.denied('cloudwatch:DescribeAlarms', (to) => to.cloudWatch(HOME).send(command));
      await refused(call, DENIED);
    },
  },
  invalid: {
    'more than 100 names': (peer) =>
      refusing(peer, { AlarmNames: Array.from({ length: 101 }, (_, index) => `nobody-${index}`) }),
    'a page of more than 100': (peer) => refusing(peer, { MaxRecords: 101 }),
  },
  pages: {
    'every alarm once': async (peer) => {
      const stage = await peer.stage();
      const names = await stage.alarms(stage.web);
      const all = paginateDescribeAlarms({ client: cloudWatch(stage) }, { AlarmTypes: BOTH, MaxRecords: 1 });
      const pages = await stage.answered(pagesOf(all, ({ MetricAlarms }) => MetricAlarms));
      const found = pages.map((page) => page.map(({ AlarmName }) => AlarmName));
      expectPaged(found, 1, names);
    },
    'composite ones and the others in one run of pages': async (peer) => {
      const stage = await peer.stage();
      const names = await stage.alarms(stage.web);
      const over = await stage.composeAlarm(stage.web, names[0]);
      const all = paginateDescribeAlarms({ client: cloudWatch(stage) }, { AlarmTypes: BOTH, MaxRecords: 1 });
      const both = pagesOf(all, ({ CompositeAlarms = [], MetricAlarms = [] }) => [...CompositeAlarms, ...MetricAlarms]);
      const found = (await stage.answered(both)).map((page) => page.map(({ AlarmName }) => AlarmName));
      expectPaged(found, 1, [...names, over]);
    },
    'a hundred names at once': async (peer) => {
      const stage = await peer.stage();
      const [high] = await stage.alarms(stage.web);
      const AlarmNames = [...Array.from({ length: 99 }, (_, index) => `nobody-${index}`), high];
      expect(Object.keys((await read(stage, { AlarmNames, AlarmTypes: BOTH })).metric)).toEqual([high]);
    },
  },
});
