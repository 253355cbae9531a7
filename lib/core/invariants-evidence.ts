/**
 * What the invariants are checked on: the world's own truth as it changes, and what the controller saved and sent. Whoever
 * runs a simulated world translates its history into these; nothing here is what the controller says of itself, except
 * what it saved before it acted. Times are milliseconds since the epoch.
 */
import type { Policy, ServiceState, SiteName, TargetState } from './model.ts';

interface At {
  readonly atMs: number;
}

interface Of extends At {
  readonly service: string;
}

interface Where extends Of {
  readonly site: SiteName;
}

/** One record set of a change batch. */
export interface SetEdit {
  readonly name: string;
  /** Empty for a set that has none. */
  readonly setIdentifier: string;
  readonly weight: number | undefined;
  /** Every other field as one text: equal texts, equal fields. */
  readonly rest: string;
}

/** What a write asks for, in the words of the model. */
export type Change =
  | { readonly kind: 'capacity'; readonly site: SiteName; readonly to: number }
  | { readonly kind: 'size'; readonly site: SiteName; readonly minSize: number; readonly to: number }
  | { readonly kind: 'deregister' | 'register'; readonly site: SiteName; readonly key: string }
  | { readonly kind: 'replace'; readonly instanceId: string }
  | {
      readonly kind: 'dns';
      readonly deleted: readonly SetEdit[];
      readonly created: readonly SetEdit[];
      /** Changes of any other kind, as UPSERT. */
      readonly others: number;
    }
  | { readonly kind: 'unknown'; readonly what: string };

/** A call of the controller that was meant to change something; shown after the changes that it brought about. */
export interface Write extends Of {
  readonly kind: 'write';
  readonly caller: string;
  readonly sentMs: number;
  /** When it took effect; `null` when it had none. */
  readonly effectMs: number | null;
  readonly change: Change;
}

/** Where the controller reads what it decides on; the state table has no old answers. */
export type ReadApi = 'auto-scaling' | 'elbv2' | 'cloudwatch' | 'route53';

export type Trouble = 'functions' | 'readings' | 'stale' | 'record' | 'world';

export type Evidence =
  | Write
  | (Where & { readonly kind: 'group'; readonly minSize: number; readonly maxSize: number; readonly desired: number })
  /** `null`: gone. */
  | (Where & { readonly kind: 'instance'; readonly id: string; readonly lifecycle: string | null })
  /** `id:port` as the load balancer shows it; `null`: not registered. */
  | (Where & {
      readonly kind: 'target';
      readonly key: string;
      readonly state: TargetState | null;
      readonly reason: string | undefined;
    })
  /**
   * Whether AWS can be asked about the site at all, and whether the site answers requests: where no probe gets through nobody
   * can tell that it does not.
   */
  | (Where & { readonly kind: 'reach'; readonly readable: boolean; readonly answering: boolean })
  /** Published at `atMs`. */
  | (Of & { readonly kind: 'datapoint'; readonly signal: string; readonly startMs: number; readonly value: number })
  /** Weight by set identifier: as the API shows it, and as the name servers answer. */
  | (Of & { readonly kind: 'recorded' | 'served'; readonly weights: Readonly<Record<string, number>> })
  /**
   * A deployment, another scaler, or the suspension of what a replacement needs, begins or ends on the fleet; or what no other
   * evidence shows and may stand against what is due (`hindered`): a suspended process, protection from scale-in, a lifecycle
   * hook, a zonal shift, metrics that go dark.
   */
  | (Of & { readonly kind: 'deployment' | 'scaler' | 'suspended' | 'hindered'; readonly active: boolean })
  /** The state table accepted this state. */
  | (Of & { readonly kind: 'saved'; readonly state: ServiceState })
  /** A cycle ended; `applied`: the ids of the actions that it reports as accepted. */
  | (Of & { readonly kind: 'cycle'; readonly caller: string; readonly applied: readonly string[] })
  /** A caller begins to serve the service, by this policy: two may serve different ones while a deployment is under way. */
  | (Of & { readonly kind: 'serves'; readonly caller: string; readonly policy: Policy })
  /** People were told this; its title is the reason code, or REFUSED. */
  | (Of & { readonly kind: 'notification'; readonly title: string })
  /** A clock of the controller's is wrong, by this much at most; 0: all are right. */
  | (At & { readonly kind: 'clock'; readonly offMs: number })
  /** Whether all writes are frozen, from now on. */
  | (At & { readonly kind: 'frozen'; readonly frozen: boolean })
  /** A caller took the lease: its writes are bound to this epoch. */
  | (At & { readonly kind: 'lease'; readonly caller: string; readonly epoch: number })
  /** A caller read epoch and freeze: when its round began, and again at the gate, right before a write. */
  | (At & {
      readonly kind: 'look';
      readonly caller: string;
      readonly epoch: number | null;
      readonly frozen: boolean;
      /** The services that it looked for; `null`: all of them. */
      readonly about: readonly string[] | null;
    })
  /**
   * Something goes wrong until `untilMs`: with the controller's functions, with what it reads (`readings`: it fails,
   * `stale`: it is old and does not say so), the record (a person's edit) or the world itself.
   */
  | (At & {
      readonly kind: 'trouble';
      readonly with: Trouble;
      /** The service that it is about; all unless one is named. */
      readonly only?: string;
      /** The API whose answers are old; all unless one is named. */
      readonly api?: ReadApi;
      readonly untilMs: number;
    });
