/** Policies that give a fault the room that it needs. */
import type { Policy } from '../core/model.ts';
import { fleetOf } from './bounds.ts';
import type { Adapted } from './scenario.ts';

/** The policy with a fleet that may have this many servers. */
export function roomFor(policy: Policy, servers: number): Adapted {
  const fleet = fleetOf(policy);
  const { max } = fleet.capacity;
  if (max >= servers) return { policy, words: null };
  const capacity = { ...fleet.capacity, max: servers };
  return {
    policy: { ...policy, fleet: { ...fleet, capacity } },
    words: `fleet.capacity.max from ${max} to ${servers}`,
  };
}
