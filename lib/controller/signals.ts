/** Reads the signals of all services of a round in one call a region, without letting one broken metric blind them all. */
import type { Datapoint, Observation, Reading } from '../core/model.ts';
import { isSignalDue, readFromMs } from '../core/scaling-memory.ts';
import type { Ports, SignalQuery } from '../ports.ts';
import { type Attempt, notRead, once, pick } from './reading.ts';
import type { Subject } from './subject.ts';

type Datapoints = Reading<ReadonlyMap<string, readonly Datapoint[]>>;

interface Batch {
  readonly queries: SignalQuery[];
  fromMs: number;
}

const signalId = (service: string, index: number): string => `${service}#${index}`;

/** The queries of these services whose datapoint is due and absent, by region. */
function batches(subjects: readonly Subject[], nowMs: number): Map<string, Batch> {
  const wanted = new Map<string, Batch>();
  for (const { policy, state } of subjects) {
    policy.scaling?.signals.forEach((signal, index) => {
      if (!isSignalDue(state.scaling, signal, nowMs)) return;
      const batch = wanted.get(policy.region) ?? { queries: [], fromMs: nowMs };
      batch.queries.push({ id: signalId(policy.service, index), metric: signal.metric });
      batch.fromMs = Math.min(batch.fromMs, readFromMs(policy, state.scaling, signal, nowMs));
      wanted.set(policy.region, batch);
    });
  }
  return wanted;
}

/**
 * Prepares the round's reads of signals. Where the batch of a region is refused as a whole (CloudWatch refuses all
 * queries for one that it finds invalid), each service is read alone, so that only the one with the broken metric fails.
 */
export function signalReader(
  ports: Ports,
  attempt: Attempt,
  subjects: readonly Subject[],
  startMs: number,
): (subject: Subject) => Promise<Observation['signals']> {
  const read = ({ queries, fromMs }: Batch, region: string): Promise<Datapoints> =>
    attempt(() => ports.metrics.read(region, queries, fromMs, startMs));
  const wanted = batches(subjects, startMs);
  const shared = once(async (region: string): Promise<Datapoints | 'refused'> => {
    const batch = wanted.get(region);
    if (batch === undefined) return notRead(startMs);
    return read(batch, region).catch((error: unknown) => {
      ports.journal.write('error', `the signals of ${region} cannot be read together: ${String(error)}`, { region });
      return 'refused' as const;
    });
  });
  return async (subject) => {
    const { policy, state } = subject;
    const signals = policy.scaling?.signals ?? [];
    if (!signals.some((signal) => isSignalDue(state.scaling, signal, startMs)))
      return signals.map(() => notRead(startMs));
    const together = await shared(policy.region);
    const alone = together === 'refused' ? batches([subject], startMs).get(policy.region) : undefined;
    const datapoints =
      together !== 'refused' ? together : alone === undefined ? notRead(startMs) : await read(alone, policy.region);
    return signals.map((signal, index) => {
      if (!isSignalDue(state.scaling, signal, startMs)) return notRead(startMs);
      const points = pick(datapoints, signalId(policy.service, index));
      if (points.known || points.why !== 'not-found') return points;
      // The batch was answered, and this series is not among the answers: see MetricPort.
      return { ...points, why: 'unavailable' as const, detail: `CloudWatch could not read ${signal.metric.name}` };
    });
  };
}
