/** Telling a person, once per incident. */
import type { Notice, Policy } from '../core/model.ts';
import type { Ports } from '../ports.ts';
import { isPortError } from './reading.ts';

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
