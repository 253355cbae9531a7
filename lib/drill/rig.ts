/** How a drill gets the production handlers: as an argument, so that nothing here knows how they are made. */
import type { Policy } from '../core/model.ts';
import type { PolicyText } from '../policy/load.ts';
import type { Journal, StatePort } from '../ports.ts';
import type { Caller, Handler } from '../sim/world.ts';

/** The functions of one Lambda sandbox. */
export interface Functions {
  readonly onTick: Handler;
  readonly onAlarm: Handler;
  readonly operate: Handler;
}

/** What all sandboxes share; memory they do not. */
export interface Shared {
  readonly state: StatePort;
  readonly journal: Journal;
}

/** The policy files as they are deployed now: a sandbox reads them once. */
export type Files = () => readonly PolicyText[];

/**
 * Builds the functions of one sandbox over one caller of the simulated account. They serve `policies` as they are; with
 * `files` they read them from there, as they do in production.
 */
export type Rig = (caller: Caller, shared: Shared, policies: readonly Policy[], files?: Files) => Functions;
