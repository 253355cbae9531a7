/** The names of the alarms that are made for services: deployed under them, and known by them when they change. */

/** What every name begins with. */
export const EVENKEEL = 'evenkeel';

/** In the place of a signal: the alarm on the number of healthy targets. */
export const HEALTHY_HOSTS = 'healthy-hosts';

/** @param controller the controller's own name, `evenkeel-<stage>`: two of them may look after services of one name. */
export function alarmName(controller: string, service: string, signal: string, side: 'high' | 'low'): string {
  return `${controller}-${service}-${signal}-${side}`;
}
