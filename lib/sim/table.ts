/** The state table as one caller reaches it: DynamoDB's time, and its faults, before what is kept in memory. */
import type { PortErrorKind, StatePort } from '../ports.ts';
import { PortError } from '../ports.ts';
import type { Account } from './account.ts';
import { meetFault } from './api-faults.ts';
import { type CallerHandle, REQUEST_TIMEOUT_MS, slowMsOf } from './clients.ts';
import type { Sleeper } from './clock.ts';
import type { Moment } from './faults.ts';
import { sending } from './strikes.ts';

const READS = new Set(['decisions', 'load', 'loadController', 'loadPolicy']);

const REFUSALS: Readonly<Record<string, readonly [PortErrorKind, string]>> = {
  throttled: ['Throttled', 'ProvisionedThroughputExceededException'],
  'server-error': ['Unavailable', 'InternalServerError'],
  denied: ['Denied', 'AccessDeniedException'],
};

/** What is on its way arrives, whatever becomes of who sent it. */
const NETWORK: Sleeper = { pausedUntilMs: 0, killed: false };

/**
 * The same port over the table of the account. Each call takes `latencyMs`, half of it before and half after the effect:
 * a caller that is killed or paused in between has changed the table and does not know it.
 */
export function tableOf(account: Account, caller: CallerHandle, state: StatePort, latencyMs: number): StatePort {
  const sleep = (ms: number): Promise<void> => caller.clock.sleep(ms);
  const failed = (name: string, kind: PortErrorKind, why: string): PortError =>
    new PortError(kind, `${name} in the state table: ${why}`);

  let before = '';
  /** The gate looks at the table right after the cycle has saved; any other look begins a round. */
  const momentOf = (name: string): Moment | null => {
    const isLook = name === 'load' && (before === 'save' || before === 'look');
    before = isLook ? 'look' : name;
    return isLook ? 'look' : name === 'save' ? 'save' : null;
  };

  async function call<Result>(name: string, effect: () => Promise<Result>): Promise<Result> {
    const asked = { api: 'dynamodb' as const, name, writes: !READS.has(name), region: account.home };
    const fault = meetFault(account, asked)?.fault;
    const slowMs = slowMsOf(fault);
    const halfMs = Math.min(REQUEST_TIMEOUT_MS, (latencyMs + slowMs) / 2);
    const refusal = REFUSALS[fault?.how ?? ''];
    if (fault?.how === 'silence') {
      await sleep(REQUEST_TIMEOUT_MS);
      throw failed(name, 'Unavailable', 'TimeoutError');
    }
    await account.clock.of(NETWORK).sleep(halfMs);
    if (refusal !== undefined) {
      await sleep(halfMs);
      throw failed(name, ...refusal);
    }
    const unanswered = fault?.how === 'timeout-after-effect' || 2 * halfMs > REQUEST_TIMEOUT_MS;
    try {
      const result = await effect();
      if (!unanswered) return result;
    } finally {
      await sleep(unanswered ? Math.max(0, REQUEST_TIMEOUT_MS - halfMs) : halfMs);
    }
    throw failed(name, 'Unavailable', 'TimeoutError');
  }

  const through =
    <Args extends readonly unknown[], Result>(name: string, method: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      sending(caller, momentOf(name), () => call(name, () => method(...args)));
  return {
    load: through('load', state.load),
    loadController: through('loadController', state.loadController),
    save: through('save', state.save),
    log: through('log', state.log),
    decisions: through('decisions', state.decisions),
    takeLease: through('takeLease', state.takeLease),
    renewLease: through('renewLease', state.renewLease),
    endLease: through('endLease', state.endLease),
    setFrozen: through('setFrozen', state.setFrozen),
    beginDrill: through('beginDrill', state.beginDrill),
    endDrill: through('endDrill', state.endDrill),
    charge: through('charge', state.charge),
    releaseReplacement: through('releaseReplacement', state.releaseReplacement),
    releaseFailback: through('releaseFailback', state.releaseFailback),
    loadPolicy: through('loadPolicy', state.loadPolicy),
    savePolicy: through('savePolicy', state.savePolicy),
  };
}
