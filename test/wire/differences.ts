/**
 * Where moto and dynalite differ from AWS: the one list. A case of the contract that fails on one of them passes the
 * suite only as far as its difference stands here; a difference that does not occur any more fails it. Where the simulator
 * differs, it is wrong: mend lib/sim.
 *
 * To add one: an object in the file of its API under differences/, with the page of AWS that says what is right. `breaks`
 * names the cases by command, as `kind › title`; `looksLike` is what they fail with, so that no other failure hides behind it.
 */
import { ACCOUNT_DIFFERENCES } from './differences/accounts.ts';
import { GROUP_DIFFERENCES } from './differences/groups.ts';
import { RECORD_DIFFERENCES } from './differences/records.ts';
import { TABLE_DIFFERENCES } from './differences/tables.ts';
import { TARGET_DIFFERENCES } from './differences/targets.ts';

export type PeerName = 'moto' | 'dynalite';

export interface Difference {
  readonly id: string;
  readonly peer: PeerName;
  /** What the peer does. */
  readonly instead: string;
  /** What AWS does, and where it says so. */
  readonly right: string;
  readonly page: string;
  readonly breaks: Readonly<Record<string, readonly string[]>>;
  readonly looksLike: RegExp;
}

export const DIFFERENCES: readonly Difference[] = [
  ...GROUP_DIFFERENCES,
  ...TARGET_DIFFERENCES,
  ...RECORD_DIFFERENCES,
  ...TABLE_DIFFERENCES,
  ...ACCOUNT_DIFFERENCES,
];
