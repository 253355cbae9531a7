/** The reaction that Reg and Hist share. */
import { roundUp } from './reading.ts';

/** The author's threshold: 5 requests, where a server serves 1,000. */
const SPARE_SHARE = 5 / 1000;

/** A twentieth more than `load` needs, in instances; `null` while `capacity` serves it, or all but a trifle. */
export function repaired(load: number, capacity: number): number | null {
  return load - capacity > SPARE_SHARE ? roundUp(1.05 * load) : null;
}
