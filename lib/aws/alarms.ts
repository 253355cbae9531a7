/** States of alarms over the CloudWatch API. */
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import type { AlarmPort, AlarmState } from '../ports.ts';
import { calling, present } from './errors.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const NAMES_PER_CALL = 100;

/** @param clients the CloudWatch client of a region. */
export function awsAlarms(clients: (region: string) => CloudWatchClient): AlarmPort {
  return {
    states: (region, names) =>
      calling(`read ${names.length} alarms in ${region}`, async () => {
        const states = new Map<string, AlarmState>();
        for (let from = 0; from < names.length; from += NAMES_PER_CALL) {
          const input = {
            AlarmNames: names.slice(from, from + NAMES_PER_CALL),
            // "If you omit this parameter, only metric alarms are returned" (same page).
            AlarmTypes: ['CompositeAlarm' as const, 'MetricAlarm' as const],
          };
          for await (const page of paginateDescribeAlarms({ client: clients(region) }, input)) {
            for (const alarm of [...(page.CompositeAlarms ?? []), ...(page.MetricAlarms ?? [])])
              states.set(present(alarm.AlarmName, 'AlarmName'), present(alarm.StateValue, 'StateValue'));
          }
        }
        return states;
      }),
  };
}
