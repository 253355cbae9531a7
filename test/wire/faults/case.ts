/** One case on the stage: rounds of the production controller, one after the other, and what became of them. */
import { type Memory, newMemory, type RoundResult, runRound } from '../../../lib/controller/cycle.ts';
import { runTick, type TickResult } from '../../../lib/controller/rounds.ts';
import type { Policy } from '../../../lib/core/model.ts';
import { type ServiceOrder, withOrder } from '../../../lib/core/orders.ts';
import { initialState } from '../../../lib/core/state.ts';
import type { Ports } from '../../../lib/ports.ts';
import type { Moto } from '../moto.ts';
import type { WireProxy } from '../proxy.ts';
import { decisionLog, type LogRecord } from '../table.ts';

const ROUND_MS = 5000;
/** The clock stands this long before the mark that a tick waits for. */
const BEFORE_MARK_MS = 100;

interface Props {
  readonly policy: Policy;
  readonly others: readonly Policy[];
  readonly ports: Ports;
  /** Instances of the suffering service's group. */
  readonly instances: readonly string[];
  /** Lets time pass for the controller: the clock is passed in, so nobody has to wait. */
  readonly skip: (ms: number) => void;
  /** Shows these targets as failing. */
  readonly fail: (ids: readonly string[]) => void;
  /** Shows every target as healthy again. */
  readonly recover: () => void;
  /** Breaks calls to AWS and to the table; `null` lets a call be. */
  readonly breaks: (rule: WireProxy['rule']) => void;
  readonly moto: Moto;
  readonly table: { readonly url: string; readonly name: string };
}

/** A round and how long it took, from its mark to its end. */
export interface Timed<T> {
  readonly result: T;
  readonly tookMs: number;
}

export interface Case extends Omit<Props, 'others' | 'table'> {
  /** Gives the suffering service an order as `operate` writes it down, without a cycle of its own. */
  order(order: ServiceOrder): Promise<void>;
  /** A round 5 s after the last one, over the service that suffers alone, or over all. */
  alone(): Promise<Timed<RoundResult>>;
  together(): Promise<Timed<RoundResult>>;
  /** A tick by hand of one round, over all. */
  tick(owner: string): Promise<Timed<TickResult>>;
  /** What boto3 finds in the decision log of the service that suffers, or of another. */
  log(service?: string): Promise<LogRecord[]>;
}

async function timed<T>(run: () => Promise<T>, lessMs = 0): Promise<Timed<T>> {
  const beganMs = performance.now();
  const result = await run();
  return { result, tookMs: performance.now() - beganMs - lessMs };
}

export function caseOver(props: Props): Case {
  const { policy, others, ports, skip, moto, table } = props;
  const memory: Memory = newMemory();
  const round = (policies: readonly Policy[]): Promise<Timed<RoundResult>> => {
    skip(ROUND_MS);
    // As the loop runs it, under the lease that nobody has yet.
    return timed(() => runRound(ports, memory, policies, { epoch: null }, ports.clock.nowMs()));
  };
  return {
    ...props,
    alone: () => round([policy]),
    together: () => round([policy, ...others]),
    tick(owner) {
      skip((2 * ROUND_MS - BEFORE_MARK_MS - (ports.clock.nowMs() % ROUND_MS)) % ROUND_MS);
      const untilMs = Number.POSITIVE_INFINITY;
      return timed(() => runTick(ports, memory, [policy, ...others], { owner, rounds: 1, untilMs }), BEFORE_MARK_MS);
    },
    async order(order) {
      const { states } = await ports.state.load([policy.service]);
      const before = states.get(policy.service) ?? initialState(policy.service);
      const ordered = withOrder(policy, before, order, ports.clock.nowMs());
      if (!ordered.ok) throw new Error(ordered.message);
      await ports.state.save(ordered.state);
    },
    log: (service = policy.service) => decisionLog(moto, table.url, table.name, service),
  };
}
