/** What stands behind a reason code. */
import type { Area } from './model.ts';

export interface Reason {
  readonly areas: readonly Area[];
  /** One sentence for the README's table and for `explain`. */
  readonly meaning: string;
  /** What the decision says; `{name}` is replaced by the number of that name. */
  readonly says: string;
  /** Wakes a person, once per incident: at once, or when it has lasted, for what is over after a round or two and harmless then. */
  readonly notify?: 'at once' | 'lasting';
}
