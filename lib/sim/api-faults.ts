/** Which fault of the day a call meets, and what AWS answers instead of doing what it is asked. */
import type { Account, ActiveApiFault } from './account.ts';
import type { ApiName } from './faults.ts';

/** A call as far as faults ask. */
export interface Asked {
  readonly api: ApiName;
  /** As AWS names it; a method of the port for the state table. */
  readonly name: string;
  readonly writes: boolean;
  readonly region: string;
}

/** The first fault that concerns the call. */
export function faultFor(account: Account, { api, name, writes, region }: Asked): ActiveApiFault | undefined {
  const { apiFaults, clock } = account;
  if (apiFaults.length === 0) return undefined;
  const nowMs = clock.nowMs();
  return apiFaults.find(
    ({ fault, untilMs, left }) =>
      left > 0 &&
      nowMs < untilMs &&
      (fault.api ?? api) === api &&
      (fault.operation ?? name) === name &&
      (fault.region ?? region) === region &&
      !(fault.how === 'stale' && (writes || api === 'dynamodb')),
  );
}

/** The same for a call that is made: the fault counts as met. */
export function meetFault(account: Account, asked: Asked): ActiveApiFault | undefined {
  const active = faultFor(account, asked);
  if (active !== undefined) active.left--;
  return active;
}
