/** What a round looks at. */
import type { Policy, ServiceState } from '../core/model.ts';

/** One service with its state as loaded. */
export interface Subject {
  readonly policy: Policy;
  readonly state: ServiceState;
}
