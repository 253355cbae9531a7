/** The ports without their writes: whoever looks must not be able to touch. */
import type { Ports } from '../ports.ts';

/** A write that was asked for is a bug, and is told as one. */
function never(write: string): () => Promise<never> {
  return () => Promise.reject(new Error(`plan asked for a write: ${write}`));
}

/** The same ports; every method that writes rejects, and what the controller says of itself goes to `warn`. */
export function readOnly(ports: Omit<Ports, 'journal'>, warn: (message: string) => void): Ports {
  const { clock, fleet, targets, metrics, alarms, dns, probe, state } = ports;
  return {
    clock,
    metrics,
    alarms,
    probe,
    fleet: {
      ...fleet,
      setCapacity: never('setCapacity'),
      setSize: never('setSize'),
      replaceInstance: never('replaceInstance'),
    },
    targets: { ...targets, deregister: never('deregister'), register: never('register') },
    dns: { ...dns, move: never('move') },
    notify: { publish: never('publish') },
    state: {
      load: state.load,
      loadController: state.loadController,
      loadPolicy: state.loadPolicy,
      decisions: state.decisions,
      save: never('save'),
      log: never('log'),
      takeLease: never('takeLease'),
      renewLease: never('renewLease'),
      endLease: never('endLease'),
      setFrozen: never('setFrozen'),
      charge: never('charge'),
      releaseReplacement: never('releaseReplacement'),
      releaseFailback: never('releaseFailback'),
      savePolicy: never('savePolicy'),
      beginDrill: never('beginDrill'),
      endDrill: never('endDrill'),
    },
    journal: { write: (level, message) => (level === 'error' ? warn(message) : undefined), count: () => undefined },
  };
}
