/** How a drill gets the production handlers: as an argument, so that nothing here knows how they are made. */
import type { Policy } from '../core/model.ts';
import type { LoadedPolicies } from '../policy/load.ts';
import type { Journal, StatePort } from '../ports.ts';
import type { Caller, Handler } from '../sim/world.ts';

/** The functions of one Lambda sandbox. */
export interface Functions {
  readonly onTick: Handler;
  readonly onAlarm: Handler;
  readonly operate: Handler;
  readonly drill: Handler;
}

/** The policies in the deployed package: as they are, or read from its files as in production, broken ones included. */
export type Deployed = readonly Policy[] | (() => Promise<LoadedPolicies>);

interface Shared {
  readonly state: StatePort;
  readonly journal: Journal;
  /** Called with the policies that an invocation of the sandbox serves. */
  readonly onServed?: (policies: readonly Policy[]) => void;
}

/**
 * Builds the functions of one sandbox over one caller of the simulated account. State and journal are shared by all
 * sandboxes, memory is not.
 */
export type Rig = (caller: Caller, shared: Shared, deployed: Deployed) => Functions;
