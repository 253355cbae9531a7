/** Paces the loop of a tick: rounds at fixed marks, one holder at a time. */
import type { Policy } from '../core/model.ts';
import { intervalMsOf } from '../core/targets.ts';
import type { Lease, Ports } from '../ports.ts';
import { type Memory, type RoundResult, runRound } from './cycle.ts';
import { storeRecords } from './decision-log.ts';
import { CALL_MS, lateOver } from './late.ts';
import { noState, type Problem } from './problem.ts';
import { isPortError } from './reading.ts';
import type { DecisionView, ServiceResult } from './record.ts';

/** A tick runs for this long: 15 s longer than the schedule's minute, so that its successor takes over from a live loop. */
const TICK_MS = 75_000;
/** The lease changes hands this long before a mark, when the rounds of the mark before are over. */
const HANDOVER_MS = 500;
/** Who wakes later than this after a mark leaves its round out. */
const LATE_MS = 1000;
/** Rounds whose services all have another interval still look for their successor this often. */
const STEP_MS = 5000;

export interface TickOptions {
  /** Who holds the lease: unique per invocation. */
  readonly owner: string;
  /** By hand: this many rounds, and never against a live lease. `null`: the schedule's loop. */
  readonly rounds: number | null;
  /** No round begins after this time, whatever was asked for: the function's own end. */
  readonly untilMs: number;
}

export interface TickResult {
  readonly services: readonly ServiceResult[];
  readonly problems: readonly Problem[];
  /** Services of which at least one round ended without trouble. */
  readonly finished: readonly string[];
}

const nothing = (...problems: Problem[]): TickResult => ({ services: [], problems, finished: [] });

/** The first mark after `afterMs` at which one of the policies has a round. */
function nextMark(policies: readonly Policy[], afterMs: number): number {
  // Who waits for a turn waits for no interval.
  const intervals = [STEP_MS, ...policies.map(intervalMsOf)];
  return Math.min(...intervals.map((ms) => (Math.floor(afterMs / ms) + 1) * ms));
}

/** Waits for the gap before the next mark, where the rounds of the mark before are over. */
async function waitForGap({ clock }: Ports): Promise<void> {
  // Not nearer to a mark than that: a lease that changes hands at the mark takes the round from both.
  const markMs = Math.ceil((clock.nowMs() + HANDOVER_MS) / STEP_MS) * STEP_MS;
  await clock.sleep(markMs - HANDOVER_MS - clock.nowMs());
}

/**
 * Takes the lease: between two rounds when it is live and the schedule says so, at once when nobody holds it. A
 * lease that this owner already has counts as taken: so an unclear outcome is read back.
 */
async function takeOnce(ports: Ports, policies: readonly Policy[], { owner, rounds }: TickOptions): Promise<Lease> {
  const { clock, state } = ports;
  const { lease } = await state.loadController();
  if (lease?.owner === owner) return lease;
  const byHand = rounds !== null;
  if (!byHand && lease !== null && lease.untilMs > clock.nowMs()) await waitForGap(ports);
  const nowMs = clock.nowMs();
  const lengthMs = byHand ? (rounds + 1) * Math.max(...policies.map(intervalMsOf)) : TICK_MS;
  return state.takeLease(owner, nowMs, nowMs + lengthMs, !byHand);
}

/**
 * The schedule tries again before each mark until its time is up: a table that answers once in a while must not cost the
 * whole minute. By hand the person sees the error and decides.
 */
async function takeLease(ports: Ports, policies: readonly Policy[], options: TickOptions): Promise<Lease> {
  const untilMs = Math.min(options.untilMs, ports.clock.nowMs() + TICK_MS);
  for (;;) {
    try {
      return await takeOnce(ports, policies, options);
    } catch (error) {
      const again =
        isPortError(error) && error.kind !== 'Conflict' && error.kind !== 'Denied' && error.kind !== 'NotFound';
      if (!again || options.rounds !== null || ports.clock.nowMs() + STEP_MS >= untilMs) throw error;
      ports.journal.write('warn', `the lease was not taken, trying again: ${error.message}`, {});
      // Past this gap first: at it there is nothing to wait for, and the next try would follow at once.
      await ports.clock.sleep(HANDOVER_MS);
      await waitForGap(ports);
    }
  }
}

/** The last round's decisions of each service, and after them every earlier one that carried an action. */
function gather(): { add: (round: RoundResult) => void; result: () => TickResult } {
  const last = new Map<string, ServiceResult>();
  const earlier = new Map<string, DecisionView[]>();
  const problems: Problem[] = [];
  const finished = new Set<string>();
  const add = (round: RoundResult): void => {
    for (const now of round.services) {
      if (round.problems.every((p) => p.service !== now.service)) finished.add(now.service);
      const before = (last.get(now.service)?.decisions ?? []).filter((d) => d.action !== null);
      earlier.set(now.service, [...(earlier.get(now.service) ?? []), ...before]);
      last.set(now.service, now);
    }
    problems.push(...round.problems);
  };
  const result = (): TickResult => ({
    services: [...last.values()].map((s) => ({ ...s, decisions: [...s.decisions, ...(earlier.get(s.service) ?? [])] })),
    problems,
    finished: [...finished],
  });
  return { add, result };
}

/** Writes the finished rounds down; whether the lease is still ours. */
async function renew(ports: Ports, lease: Lease, rounds: Lease['rounds']): Promise<boolean> {
  try {
    await ports.state.renewLease(lease, new Map(rounds));
    return true;
  } catch (error) {
    if (!isPortError(error)) throw error;
    if (error.kind === 'Conflict') return false;
    ports.journal.write('warn', `the lease was not renewed: ${error.message}`, {});
    return true;
  }
}

interface Rounds {
  /** Begins the round of that mark for these services, those left out that are still busy with the one before. */
  begin(due: readonly Policy[], markMs: number): void;
  /** Waits that long, or less when the lease has become another's. Rejects for a bug in a round. */
  wait(ms: number): Promise<void>;
  isLost(): boolean;
  /** Waits for what was begun, and for what outlasted its round. */
  end(): Promise<TickResult>;
}

/**
 * Rounds that do not wait for each other: with intervals of 5 and 6 s, say, a slow round of one service must not cost
 * another's.
 */
function roundsUnder(ports: Ports, memory: Memory, lease: Lease): Rounds {
  const answers = gather();
  const busy = new Set<string>();
  const running: Promise<void>[] = [];
  const over = Promise.withResolvers<void>();
  over.promise.catch(() => undefined);
  let lost = false;
  // One after the other, each with the newest marks: an older one that arrived last would take them back.
  let renewing = Promise.resolve(true);
  const renewed = (): Promise<boolean> => {
    renewing = renewing.then(() => renew(ports, lease, memory.rounds));
    return renewing;
  };
  const serve = async (policies: readonly Policy[], markMs: number): Promise<void> => {
    for (const { service } of policies) busy.add(service);
    const round = await runRound(ports, memory, policies, lease, markMs);
    for (const { service } of policies) busy.delete(service);
    answers.add(round);
    // A round in which nothing was finished is none to go on from.
    const isOurs = round.services.length === 0 || (await renewed());
    if (isOurs && !round.leaseLost) return;
    lost = true;
    over.resolve();
  };
  return {
    begin(due, markMs) {
      const free = due.filter(({ service }) => !busy.has(service));
      if (free.length === 0) return;
      const round = serve(free, markMs);
      round.catch(over.reject);
      running.push(round);
    },
    wait: (ms) => Promise.race([ports.clock.sleep(ms), over.promise]),
    isLost: () => lost,
    async end() {
      await Promise.all(running);
      await lateOver(memory.late);
      const endMs = ports.clock.nowMs() + CALL_MS;
      await storeRecords(ports, memory, [], endMs, endMs);
      return answers.result();
    },
  };
}

/** What a person did not get of the rounds that were asked for. */
function leftOut(left: number, isLost: boolean): Problem[] {
  if (left === 0) return [];
  return isLost
    ? [{ code: 'LEASE_LOST', message: `the schedule's own loop took over, ${left} rounds were left` }]
    : [{ code: 'TIME_UP', message: `${left} rounds did not fit into the time` }];
}

async function loop(
  ports: Ports,
  memory: Memory,
  policies: readonly Policy[],
  lease: Lease,
  options: TickOptions,
): Promise<TickResult> {
  const { clock } = ports;
  let endMs = options.rounds === null ? Math.min(options.untilMs, clock.nowMs() + TICK_MS) : options.untilMs;
  const rounds = roundsUnder(ports, memory, lease);
  let left = options.rounds ?? Number.POSITIVE_INFINITY;
  let markMs = nextMark(policies, clock.nowMs());
  while (left > 0 && markMs < endMs) {
    await rounds.wait(markMs - clock.nowMs());
    if (rounds.isLost()) break;
    const lateMs = clock.nowMs() - markMs;
    // Who wakes late (a frozen process) does not pretend to be in time: the round of that mark is somebody else's, or nobody's.
    if (Math.abs(lateMs) <= LATE_MS) {
      const own = policies.filter((p) => markMs % intervalMsOf(p) === 0);
      const waiting = policies.filter((p) => memory.waiting.has(p.service) && !own.includes(p));
      rounds.begin([...own, ...waiting], markMs);
      if (own.length > 0) left -= 1;
    }
    // Who wakes early has a clock that was set back: by it the marks come again, and the end is as far away as it was.
    const isSetBack = lateMs < -LATE_MS;
    if (isSetBack) endMs += lateMs;
    markMs = nextMark(policies, isSetBack ? clock.nowMs() : Math.max(markMs, clock.nowMs() - 1));
  }
  const result = await rounds.end();
  const missed = options.rounds === null ? [] : leftOut(left, rounds.isLost());
  return { ...result, problems: [...result.problems, ...missed] };
}

/**
 * Runs the rounds of one tick: takes the lease and keeps it until its successor takes it over, its time is up, or the
 * rounds asked for by hand are done. Answers the last round's decisions and every action of all rounds.
 */
export async function runTick(
  ports: Ports,
  memory: Memory,
  policies: readonly Policy[],
  options: TickOptions,
): Promise<TickResult> {
  if (policies.length === 0) return nothing();
  let lease: Lease;
  try {
    lease = await takeLease(ports, policies, options);
  } catch (error) {
    if (!isPortError(error)) throw error;
    const held = {
      code: 'LEASE_HELD',
      message: 'another loop holds the lease: wait for it to end, or ask for "status"',
    };
    if (error.kind === 'Conflict') return nothing(held);
    const problem = noState('the lease cannot be taken', error);
    // Nobody reads the answer of a function that the schedule woke.
    ports.journal.write('error', problem.message, { code: problem.code });
    return nothing(problem);
  }
  memory.rounds.clear();
  for (const { service } of policies) {
    const lastMs = lease.rounds.get(service);
    if (lastMs !== undefined) memory.rounds.set(service, lastMs);
  }
  const result = await loop(ports, memory, policies, lease, options);
  if (options.rounds !== null) await ports.state.endLease(lease, ports.clock.nowMs()).catch(() => undefined);
  return result;
}
