/** The one conductor: observe, decide, save, act, settle, record, for all services of a round side by side. */
import { decide } from '../core/decide.ts';
import { namedOutcomes, noteTold, trackRefusals } from '../core/incidents.ts';
import { isHealthyToAws, type LiveDrill } from '../core/live-drill.ts';
import type { Decision, Observation, Outcome, Policy, Refusal, Result, ServiceState } from '../core/model.ts';
import { isWorthSaving, phaseOf, settle, unsaved } from '../core/state.ts';
import {
  ACTIONS,
  BROKEN_CYCLES,
  type DecisionRecord,
  HEALTHY_TARGETS,
  type Loaded,
  type Ports,
  UNREADABLE_BUDGET,
} from '../ports.ts';
import { act, type Fence, refusedAtOnce } from './act.ts';
import { keepUnlogged, storeRecords } from './decision-log.ts';
import { ANSWER_MS, CUT_MS, goOnWith, type Late, OVER_MS } from './late.ts';
import { doneNow, tell, withOutcome } from './notices.ts';
import { type Observe, type Observed, observer } from './observe.ts';
import { noState, type Problem } from './problem.ts';
import { isPortError } from './reading.ts';
import { type LastStored, recordOf, resultOf, type ServiceResult, viewOf } from './record.ts';
import { saveSettled } from './settled.ts';
import { doubtRecord, type SlowReadings } from './slow.ts';
import { type Subject, subjectsOf, unreadableStates } from './subject.ts';
import { passOver, takeTurns } from './turns.ts';

/** A round is over this long after it began, whatever has not answered: the next one begins after 5 s. */
const ROUND_MS = 4000;
/** Reads have this share of it, so that deciding and acting have the rest. */
export const OBSERVE_MS = 2500;

/** What the process remembers between rounds. Losing it costs a few reads; `rounds` come with the lease. */
export interface Memory {
  readonly slow: SlowReadings;
  readonly stored: LastStored;
  /** Records that are not in the table yet: it did not take them, or their cycle outlasted its round. */
  readonly unlogged: DecisionRecord[];
  /** The last round of each service: before its first under the lease now held, what the lease says of it. */
  readonly rounds: Map<string, number>;
  /** When each service last had its turn. */
  readonly looked: Map<string, number>;
  /** Who had no turn at its last mark, and is due until it has one. */
  readonly waiting: Set<string>;
  /** What goes on of rounds that are over. */
  readonly late: Late;
}

export function newMemory(): Memory {
  return {
    slow: new Map(),
    stored: new Map(),
    unlogged: [],
    rounds: new Map(),
    looked: new Map(),
    waiting: new Set(),
    late: new Set(),
  };
}

export interface RoundResult {
  readonly services: readonly ServiceResult[];
  readonly problems: readonly Problem[];
  /** The lease is another's: nothing was done. */
  readonly leaseLost: boolean;
}

/** What the cycles of one round share. */
interface Round {
  readonly ports: Ports;
  readonly memory: Memory;
  readonly observe: Observe;
  /** Of the lease. */
  readonly epoch: number | null;
  /** The last live drill, whosever. */
  readonly lastDrill: LiveDrill | null;
  /** When services are cut: whoever has not decided by then does not decide. */
  readonly cutMs: number;
  /** The next round is due: it is not waited for those that are cut. */
  readonly isInLoop: boolean;
  /** When whoever decided in time has ended. */
  readonly overMs: number;
}

interface Cycled {
  readonly result: ServiceResult;
  readonly record: DecisionRecord | null;
  readonly problem: Problem | null;
}

/** One cycle's decisions, and what they were made on. */
interface Concluded {
  readonly policy: Policy;
  readonly observed: Observed;
  readonly decisions: readonly Decision[];
  readonly decidedMs: number;
}

function conclude(
  { ports, memory }: Round,
  { policy, observed, decisions, decidedMs }: Concluded,
  state: ServiceState,
  outcomes: readonly Outcome[],
): { result: ServiceResult; record: DecisionRecord | null } {
  const views = decisions.map((d) => viewOf(d, outcomes));
  const result = resultOf(policy, state, views, observed, decidedMs);
  ports.journal.write('info', 'cycle', { ...result });
  const applied = views.filter((v) => v.applied).length;
  if (applied > 0) ports.journal.count(ACTIONS, applied, policy.service);
  return { result, record: recordOf(memory.stored, result, state.version, ports.clock.nowMs()) };
}

/** A move refused for one of these met another record than it was decided on. */
const CHANGED: readonly Refusal[] = ['CONFLICT', 'PRECONDITION'];

async function actAndSettle(
  { ports, memory, epoch, lastDrill }: Round,
  { policy, observed, decidedMs }: Concluded,
  result: Result,
  saved: ServiceState,
  refused: Outcome[] | null,
): Promise<{ state: ServiceState; outcomes: Outcome[] }> {
  const fence: Fence = { epoch, drill: observed.drill?.id ?? null };
  const outcomes = refused ?? (await act(ports, policy, saved, result.actions, fence, decidedMs));
  const named = namedOutcomes(result.actions, outcomes);
  if (named.some((o) => o.kind === 'moveDns' && o.result === 'refused' && CHANGED.includes(o.why)))
    doubtRecord(memory.slow, policy.service);
  const settledMs = ports.clock.nowMs();
  const settledIn = (state: ServiceState) => trackRefusals(settle(state, outcomes), named, settledMs);
  const refusals = settledIn(saved);
  const settled = await saveSettled(ports, saved, (state) => settledIn(state).state);
  // Told after acting: whoever is woken by "move to the secondary" must not find that nothing moved.
  const told = result.notices.map((n) => withOutcome(n, result.decisions, outcomes));
  const notices = [...told, ...doneNow(saved, result.decisions, outcomes), ...refusals.notices];
  const failed = await tell(ports, policy, notices, lastDrill);
  const state = await saveSettled(ports, settled, (now) => noteTold(now, notices, failed, settledMs));
  const ended =
    phaseOf(saved) === 'primary' &&
    saved.failover.failbacksMs.length > 0 &&
    result.decisions.some((d) => d.reason === 'MOVED');
  if (ended) await releaseFailback(ports, policy.service);
  return { state, outcomes };
}

/** A failback that is not given back stops counting by itself after ten minutes. */
async function releaseFailback(ports: Ports, service: string): Promise<void> {
  try {
    await ports.state.releaseFailback(service);
  } catch (error) {
    if (!isPortError(error)) throw error;
    ports.journal.write('warn', `the failback was not given back: ${error.message}`, { service });
  }
}

/** For the alarm on a service with too few healthy targets, and on a controller that no longer counts them. */
function countHealthy(ports: Ports, policy: Policy, { primary }: Observation): void {
  if (primary.targets?.known !== true) return;
  // As AWS sees them: a live drill must not set off the alarm that is to catch what really fails meanwhile.
  const healthy = primary.targets.value.targets.filter(isHealthyToAws).length;
  ports.journal.count(HEALTHY_TARGETS, healthy, policy.service);
}

const wasCut = (service: string, afterMs: number): Problem => ({
  code: 'ROUND_CUT',
  message: `the round was cut after ${afterMs} ms, before ${service} had answered`,
  service,
});

async function cycle(round: Round, { policy, state }: Subject): Promise<Cycled | Problem> {
  const { ports } = round;
  const observed = await round.observe({ policy, state });
  const { observation } = observed;
  const decidedMs = ports.clock.nowMs();
  // A process that was frozen while it read knows the world of then, not of now.
  if (decidedMs > round.cutMs) return wasCut(policy.service, CUT_MS);
  const result = decide(policy, state, observation, decidedMs);
  const concluded = { policy, observed, decisions: result.decisions, decidedMs };
  countHealthy(ports, policy, observation);
  const refused = refusedAtOnce(policy, result.state, result.actions, decidedMs);
  const intended = refused === null ? result.state : unsaved(state, result.state, refused);
  let saved = intended;
  if (isWorthSaving(state, intended)) {
    try {
      saved = await ports.state.save(intended);
    } catch (error) {
      if (!isPortError(error)) throw error;
      // Who loses the race, or cannot save, acts on nothing.
      const code = error.kind === 'Conflict' ? 'LOST_RACE' : 'NOT_SAVED';
      const problem = { code, message: `this round did nothing: ${error.message}`, service: policy.service };
      return { ...conclude(round, concluded, state, []), problem };
    }
  }
  const acted = await actAndSettle(round, concluded, result, saved, refused);
  return { ...conclude(round, concluded, acted.state, acted.outcomes), problem: null };
}

const BROKEN = 'BROKEN_CYCLE';

function bug(ports: Ports, service: string, error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  ports.journal.write('error', `the cycle of ${service} broke: ${message}`, { service, error });
  ports.journal.count(BROKEN_CYCLES, 1);
  return { code: BROKEN, message, service };
}

const recordsIn = (cycled: readonly (Cycled | Problem)[]): DecisionRecord[] =>
  cycled.flatMap((c) => ('record' in c && c.record !== null ? [c.record] : []));

/** One service's cycle within the round's time; its trouble becomes a problem and never another service's. */
async function guarded(round: Round, subject: Subject, cut: Promise<null>): Promise<Cycled | Problem> {
  const { ports, memory, isInLoop, overMs } = round;
  const { service } = subject.policy;
  const working = cycle(round, subject).catch((error: unknown) => bug(ports, service, error));
  const over = () => ports.clock.sleep(overMs - ports.clock.nowMs()).then(() => null);
  const done = (await Promise.race([working, cut])) ?? (isInLoop ? null : await Promise.race([working, over()]));
  if (done !== null) return done;
  // What it still does is too late for the log of this round, and not for that of the next.
  const ending = working.then((late) => keepUnlogged(memory.unlogged, recordsIn([late])));
  goOnWith(memory.late, ports.clock, ending, overMs);
  return wasCut(service, isInLoop ? CUT_MS : OVER_MS);
}

/** What went wrong, also for the journal: nobody reads the answer of a function that the schedule woke. */
function troubleIn({ journal }: Ports, loaded: Loaded, cycled: readonly (Cycled | Problem)[]): Problem[] {
  const shared = loaded.budget === null ? [{ code: 'BUDGET_UNREADABLE', message: UNREADABLE_BUDGET }] : [];
  const unread: Problem[] = [...shared, ...unreadableStates(loaded)];
  for (const { code, message, service } of unread)
    journal.write('error', message, service === undefined ? { code } : { service, code });
  // Such a service is looked after no more than one whose cycle broke.
  if (unread.length > 0) journal.count(BROKEN_CYCLES, unread.length);
  const problems = cycled.flatMap((c) => ('result' in c ? (c.problem === null ? [] : [c.problem]) : [c]));
  // A bug is there already, with all that is known of it.
  for (const { code, message, service } of problems)
    if (code !== BROKEN) journal.write('warn', message, { service, code });
  return [...unread, ...problems];
}

/**
 * One round over these services, begun at `roundMs`: loads their states, reads the world once, and lets each service
 * decide and act on its own. With a `fence` it does nothing once the lease is another's; without one (an alarm, a person)
 * the lease as loaded becomes the fence, and it waits for what outlasts the round: see late.ts. Rejects only for bugs
 * outside a service's cycle.
 */
export async function runRound(
  ports: Ports,
  memory: Memory,
  policies: readonly Policy[],
  fence: Pick<Fence, 'epoch'> | null,
  roundMs: number,
): Promise<RoundResult> {
  const { clock } = ports;
  const beganMs = clock.nowMs();
  let loaded: Loaded;
  try {
    loaded = await ports.state.load(policies.map((p) => p.service));
  } catch (error) {
    if (!isPortError(error)) throw error;
    ports.journal.write('error', `the state cannot be read: ${error.message}`, {});
    return {
      services: [],
      problems: [noState('the state cannot be read, so this round did nothing', error)],
      leaseLost: false,
    };
  }
  const epoch = loaded.lease?.epoch ?? null;
  if (fence !== null && fence.epoch !== epoch) return { services: [], problems: [], leaseLost: true };
  const all = subjectsOf(policies, loaded, fence === null ? null : memory.rounds, roundMs);
  const subjects = fence === null ? all : takeTurns(all, ports.targets, memory.looked, roundMs);
  if (fence !== null) passOver(memory, all, subjects, roundMs);
  const cutMs = beganMs + CUT_MS;
  const cut = clock.sleep(cutMs - clock.nowMs()).then(() => null);
  const timing = {
    roundMs,
    cutMs: beganMs + OBSERVE_MS,
    by: fence === null ? ('alarm or order' as const) : ('loop' as const),
  };
  const observe = observer(ports, subjects, memory.slow, loaded, timing);
  const rest = { epoch, lastDrill: loaded.drill, cutMs, isInLoop: fence !== null, overMs: beganMs + OVER_MS };
  const round: Round = { ports, memory, observe, ...rest };
  const cycled = await Promise.all(subjects.map((s) => guarded(round, s, cut)));
  cycled.forEach((c, index) => {
    if ('result' in c && c.problem === null) memory.rounds.set(subjects[index]?.policy.service ?? '', roundMs);
  });
  const storedMs = fence === null ? ANSWER_MS : ROUND_MS;
  await storeRecords(ports, memory, recordsIn(cycled), beganMs + storedMs, beganMs + ANSWER_MS);
  return {
    services: cycled.flatMap((c) => ('result' in c ? [c.result] : [])),
    problems: troubleIn(ports, loaded, cycled),
    leaseLost: false,
  };
}
