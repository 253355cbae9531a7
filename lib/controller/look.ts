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
import { takeTurns } from './turns.ts';

/** One service as a cycle would answer it, with the orders that stand. */
interface Seen extends ServiceResult {
  readonly orders: ServiceState['orders'];
}

/** A look goes on for so long where it has to wait for reads; a function by hand has half as long again. */
const LOOK_MS = 20_000;
/** So long it waits for more reads. */
const PAUSE_MS = 2500;

/** A look asks for no more than the account may be asked: of what was left out nothing is wrong, nobody looked. */
function notLookedAt(what: string, service: string): Problem {
  const message = `the ${what} of ${service} was not read, for one look reads few; {"order": "status", "service": "${service}"} reads it`;
  return { code: 'NOT_LOOKED', message, service };
}

/** What `look` saw. */
export interface Looked extends Omit<RoundResult, 'leaseLost'> {
  readonly frozen: boolean;
  /** The live drill that is on; `null`: none is. */
  readonly drill: LiveDrill | null;
  readonly services: readonly Seen[];
}

interface Seeing {
  readonly seen: Seen | null;
  readonly problem: Problem | null;
}

/** One service; a bug in its reads or its decision becomes its problem and never another service's. */
async function see(ports: Ports, observe: Observe, subject: Subject): Promise<Seeing> {
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
    return { seen, problem: isLeftOut ? notLookedAt('record', service) : null };
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
  const { clock } = ports;
  const all = new Map<Subject, Seeing>();
  const subjects = subjectsOf(policies, loaded, null, nowMs);
  let waiting: readonly Subject[] = subjects;
  for (;;) {
    const roundMs = clock.nowMs();
    const turn = new Set(takeTurns(waiting, ports.targets, new Map(), roundMs));
    const timing = { roundMs, cutMs: roundMs + patienceMs, by: 'look' as const };
    const observe = observer(ports, [...turn], new Map(), loaded, timing);
    await Promise.all([...turn].map(async (subject) => all.set(subject, await see(ports, observe, subject))));
    waiting = waiting.filter((subject) => !turn.has(subject));
    if (waiting.length === 0 || clock.nowMs() + PAUSE_MS > nowMs + LOOK_MS) break;
    await clock.sleep(PAUSE_MS);
  }
  const looked = subjects.flatMap((subject) => all.get(subject) ?? []);
  const unseen = waiting.map(({ policy }) => notLookedAt('target group', policy.service));
  return {
    frozen: loaded.frozen,
    drill: loaded.drill !== null && isOn(loaded.drill, nowMs) ? loaded.drill : null,
    services: looked.flatMap(({ seen }) => (seen === null ? [] : [seen])),
    problems: [
      ...unreadableStates(loaded),
      ...looked.flatMap(({ problem }) => (problem === null ? [] : [problem])),
      ...unseen,
    ],
  };
}
