/** Changes as data, each with the precondition under which it may be applied, and what became of them. Times are milliseconds since the epoch and end in `Ms`. */
import type { RecordSet } from './model-observation.ts';
import type { SiteName } from './model-policy.ts';
import type { ReasonCode } from './reasons.ts';

interface ActionBase {
  /** Unique per attempt; never sent twice. */
  readonly id: string;
  readonly region: string;
  /** Why it was decided. */
  readonly reason: ReasonCode;
}

/** One change, as data. Each kind names the precondition that the gate re-reads right before the write. */
export type Action =
  | (ActionBase & {
      /** Precondition: desired is still `from`, and for a decrease (`to < from`): no deployment has begun. */
      readonly kind: 'setCapacity';
      readonly site: SiteName;
      readonly group: string;
      readonly from: number;
      readonly to: number;
    })
  | (ActionBase & {
      /** An order by hand: desired and the group's own MinSize become 0, or are restored. Precondition: both still `from`. */
      readonly kind: 'parkFleet' | 'unparkFleet';
      readonly group: string;
      readonly from: { readonly minSize: number; readonly desired: number };
      readonly to: { readonly minSize: number; readonly desired: number };
    })
  | (ActionBase & {
      /** Precondition: the target is still registered and still unhealthy. */
      readonly kind: 'deregisterTarget';
      readonly targetGroup: string;
      readonly target: { readonly key: string; readonly id: string; readonly port: number };
      /** Its instance is to be replaced once this is applied. */
      readonly replace: boolean;
      /** AWS calls it healthy: a live drill has it fail. */
      readonly drilled?: true | undefined;
    })
  | (ActionBase & {
      /** Precondition: the target is not registered. */
      readonly kind: 'registerTarget';
      readonly targetGroup: string;
      readonly target: { readonly key: string; readonly id: string; readonly port: number };
    })
  | (ActionBase & {
      /** Precondition: the instance is still InService in the group, healthy to it, unprotected; no deployment; budget. */
      readonly kind: 'replaceInstance';
      readonly group: string;
      readonly instanceId: string;
      /** The action that must have been applied first: the target is deregistered before its instance goes. */
      readonly after: string | null;
    })
  | (ActionBase & {
      /** Precondition: the record sets are exactly `sets`; the batch itself is a compare-and-swap. */
      readonly kind: 'moveDns';
      readonly hostedZoneId: string;
      readonly name: string;
      readonly to: SiteName;
      readonly cause: 'trip' | 'failback' | 'order';
      readonly sets: readonly RecordSet[];
      /** New weight by set identifier; never all zero. */
      readonly weights: Readonly<Record<string, number>>;
    });

export type ActionKind = Action['kind'];

/** Why the gate, or AWS, did not apply an action. */
export type Refusal =
  | 'OBSERVE_MODE'
  | 'HELD'
  | 'FROZEN'
  | 'FENCED'
  | 'LATE'
  | 'PRECONDITION'
  | 'UNCHECKED'
  | 'ACCOUNT_BUDGET'
  | 'NOT_FIRST'
  | 'DENIED'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'THROTTLED';

/** What became of an action: `unclear` means that the write may or may not have happened, and is read back. */
export type Outcome =
  | {
      readonly actionId: string;
      readonly result: 'applied';
      readonly atMs: number;
      readonly changeId?: string | undefined;
    }
  | {
      readonly actionId: string;
      readonly result: 'refused';
      readonly atMs: number;
      readonly why: Refusal;
      readonly detail?: string | undefined;
    }
  | { readonly actionId: string; readonly result: 'unclear'; readonly atMs: number; readonly detail: string };
