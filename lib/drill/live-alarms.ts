/** The alarms that end a live drill. */
import type { AlarmPort, AlarmState } from '../ports.ts';

/** By name: the states of all alarms of that name, at most one in each region. */
export type Guards = ReadonlyMap<string, readonly AlarmState[]>;

/**
 * Reads these alarms in the service's region and in the controller's own: alarms on a service stand in the one, alarms on
 * the controller's counts of it in the other. A name that stands in both counts twice. Rejects with a PortError.
 */
export async function guardsOf(
  alarms: AlarmPort,
  regions: readonly string[],
  names: readonly string[],
): Promise<Guards> {
  if (names.length === 0) return new Map();
  const found = await Promise.all([...new Set(regions)].map((region) => alarms.states(region, names)));
  const statesOf = (name: string): AlarmState[] => found.flatMap((states) => states.get(name) ?? []);
  return new Map(names.map((name) => [name, statesOf(name)]));
}

/**
 * Why these alarms are no guard; `null`: each of them is there and OK. INSUFFICIENT_DATA is not: an alarm that does not
 * know how things stand would not end the drill when they got worse.
 */
export function unguarded(guards: Guards, regions: readonly string[]): string | null {
  for (const [name, states] of guards) {
    if (states.length === 0) return `there is no alarm ${name} in ${[...new Set(regions)].join(' or ')}`;
    const state = states.find((one) => one === 'ALARM') ?? states.find((one) => one !== 'OK');
    if (state === 'INSUFFICIENT_DATA')
      return `alarm ${name} is INSUFFICIENT_DATA: it cannot tell how things stand (an alarm on errors may treat missing data as notBreaching)`;
    if (state !== undefined) return `alarm ${name} is in ALARM`;
  }
  return null;
}
