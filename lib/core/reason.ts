/** What stands behind a reason code. */
import type { Area } from './model.ts';

export interface Reason {
  readonly areas: readonly Area[];
  /** One sentence for the README's table and for `explain`. */
  readonly meaning: string;
  /** What the decision says; `{name}` is replaced by the number of that name. */
  readonly says: string;
  readonly notify?: true;
}
