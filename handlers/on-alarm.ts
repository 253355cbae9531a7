/** A CloudWatch alarm changed: one cycle over the services that it concerns, on live readings. */
import { runRound } from '../lib/controller/cycle.ts';
import { parseAlarm } from '../lib/events/alarm.ts';
import { servicesFor } from '../lib/events/services-for.ts';
import { type Answer, refused } from './answer.ts';
import { type Build, lambda } from './runtime.ts';

export const onAlarm: Build =
  (runtime) =>
  async (event): Promise<Answer> => {
    const { ports, memory } = runtime;
    const parsed = parseAlarm(event);
    if (!parsed.ok) return refused(ports.journal, parsed.problem);
    ports.journal.count('Alarms', parsed.value.length);
    const { policies, problems } = await runtime.policies(false);
    const names = new Set(parsed.value.flatMap((trigger) => servicesFor(trigger, policies, runtime.name)));
    const concerned = policies.filter((p) => names.has(p.service));
    const trigger = { kind: 'alarm' as const, services: [...names] };
    if (concerned.length === 0) {
      const alarms = parsed.value.map((t) => t.alarmName).join(', ');
      ports.journal.write('info', `alarm ${alarms} concerns no service`, {});
      return { trigger, services: [], problems };
    }
    const round = await runRound(ports, memory, concerned, null, ports.clock.nowMs());
    return { trigger, services: round.services, problems: [...problems, ...round.problems] };
  };

export const handler = lambda(onAlarm);
