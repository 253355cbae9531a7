/** Looking without touching: what a cycle would conclude now. */
import { decide } from '../core/decide.ts';
import { isOn, type LiveDrill } from '../core/live-drill.ts';
import type { Policy, ServiceState } from '../core/model.ts';
import type { Ports } from '../ports.ts';
import { OBSERVE_MS, type RoundResult } from './cycle.ts';
import { type Observe, observer } from './observe.ts';
import type { Problem } from './problem.ts';
import { resultOf, type ServiceResult, viewOf } from './record.ts';
import { type Subject, subjectsOf, unreadableStates } from './subject.ts';

/** One service as a cycle would answer it, with the orders that stand. */
interface Seen extends ServiceResult {
  readonly orders: ServiceState['orders'];
}

/** A look asks Route 53 for no more records than a round does: of whose was left out nothing is wrong, nobody looked. */
function notLookedAt(service: string): Problem {
  const message = `the record of ${service} was not read, for one look reads few; {"order": "status", "service": "${service}"} reads it`;
  return { code: 'NOT_LOOKED', message, service };
}

/** What `look` saw. */
export interface Looked extends Omit<RoundResult, 'leaseLost'> {
  readonly frozen: boolean;
  /** The live drill that is on; `null`: none is. */
  readonly drill: LiveDrill | null;
  readonly services: readonly Seen[];
}

/** One service; a bug in its reads or its decision becomes its problem and never another service's. */
async function see(
  ports: Ports,
  observe: Observe,
  subject: Subject,
): Promise<{ readonly seen: Seen | null; readonly problem: Problem | null }> {
  const { policy, state } = subject;
  const { service } = policy;
  try {
    const observed = await observe(subject);
    const decidedMs = ports.clock.nowMs();
    const result = decide(policy, state, observed.observation, decidedMs);
    const views = result.decisions.map((d) => viewOf(d, []));
    const seen = { ...resultOf(policy, state, views, observed, decidedMs), orders: state.orders };
    const { dns } = observed.observation;
    const isLeftOut = dns?.known === false && dns.why === 'not-read';
    return { seen, problem: isLeftOut ? notLookedAt(service) : null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    ports.journal.write('error', `looking at ${service} broke: ${message}`, { service, error });
    return { seen: null, problem: { code: 'BROKEN_CYCLE', message, service } };
  }
}

/**
 * What a cycle over these services would conclude now, with the orders that stand. Saves nothing, changes nothing. Rejects
 * with a PortError when the state is out of reach.
 * @param patienceMs after it, what has not answered counts as missing.
 */
export async function look(ports: Ports, policies: readonly Policy[], patienceMs = OBSERVE_MS): Promise<Looked> {
  const nowMs = ports.clock.nowMs();
  const loaded = await ports.state.load(policies.map((p) => p.service));
  const subjects = subjectsOf(policies, loaded, null, nowMs);
  const timing = { roundMs: nowMs, cutMs: nowMs + patienceMs, isInLoop: false };
  const observe = observer(ports, subjects, new Map(), loaded, timing);
  const all = await Promise.all(subjects.map((subject) => see(ports, observe, subject)));
  return {
    frozen: loaded.frozen,
    drill: loaded.drill !== null && isOn(loaded.drill, nowMs) ? loaded.drill : null,
    services: all.flatMap(({ seen }) => (seen === null ? [] : [seen])),
    problems: [...unreadableStates(loaded), ...all.flatMap(({ problem }) => (problem === null ? [] : [problem]))],
  };
}
