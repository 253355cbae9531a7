/** Telling a person, once per incident. */
import { incidentOf } from '../core/incidents.ts';
import type { Decision, Notice, Outcome, Policy } from '../core/model.ts';
import type { Ports } from '../ports.ts';
import { isPortError } from './reading.ts';
import { viewOf } from './record.ts';

/** The notice, saying so where none of the actions that it speaks of was applied. */
export function withOutcome(notice: Notice, decisions: readonly Decision[], outcomes: readonly Outcome[]): Notice {
  const views = decisions
    .filter((d) => incidentOf(d) === notice.incident && d.action !== null)
    .map((d) => viewOf(d, outcomes));
  if (views.length === 0 || views.some((v) => v.applied)) return notice;
  return { ...notice, message: `${notice.message} (NOT applied: ${views[0]?.notApplied ?? 'unknown'})` };
}

/** Publishes what a person should know; returns the incidents of which they could not be told. */
export async function tell(ports: Ports, policy: Policy, notices: readonly Notice[]): Promise<string[]> {
  const { service, notify } = policy;
  const prefix = policy.mode === 'observe' ? '[observe mode, nothing changed] ' : '';
  const publish = async ({ incident, title, message }: Notice): Promise<string[]> => {
    const subject = `evenkeel ${service}: ${title}`;
    ports.journal.write('warn', `${prefix}${message}`, { service, notice: subject });
    if (notify === undefined) return [];
    try {
      await ports.notify.publish(notify.topicArn, subject, `${prefix}${service}: ${message}`);
      return [];
    } catch (error) {
      if (!isPortError(error)) throw error;
      ports.journal.write('error', `notification not sent: ${error.message}`, { service });
      return [incident];
    }
  };
  return (await Promise.all(notices.map(publish))).flat();
}
