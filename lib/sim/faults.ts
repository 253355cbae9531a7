/** What can go wrong in a simulated world: the vocabulary that scenarios and fuzzers are written in. Plain data. */
import type { SiteName } from '../core/model.ts';
import type { AlarmState } from '../ports.ts';
import type { FunctionName } from './history.ts';

/**
 * A call that a function's strike may wait for: a save of a state, the look at the table that the gate takes after it, or
 * a write to AWS.
 */
export type Moment = 'save' | 'look' | 'write';

/** How a server answers a request: `refuses` closes the port, `hangs` never answers, `errors` answers 500. */
export type Condition = 'ok' | 'refuses' | 'hangs' | 'errors';

/** Servers of one site. */
export interface Servers {
  readonly service: string;
  readonly site: SiteName;
  /** All of them, the n-th oldest in service (from 0), or one by id. What does not exist is passed over. */
  readonly which: 'all' | number | string;
}

/** `dynamodb` is the state table: its operations are the methods of the port, as `save`. */
export type ApiName = 'auto-scaling' | 'elbv2' | 'cloudwatch' | 'route53' | 'sns' | 'dynamodb';

/** An edit by a person at the console: it happens at once and takes no notice of the controller. */
export type PersonEdit =
  | { readonly edit: 'capacity'; readonly service: string; readonly site: SiteName; readonly desired: number }
  | {
      readonly edit: 'deregister';
      readonly service: string;
      readonly site: SiteName;
      readonly which: number | string;
      readonly port?: number;
    }
  | {
      readonly edit: 'register';
      readonly service: string;
      readonly site: SiteName;
      readonly id: string;
      readonly port?: number;
    }
  /** Whatever the group launched and did not register, its process being suspended. */
  | { readonly edit: 'register-launched'; readonly service: string; readonly site: SiteName }
  | { readonly edit: 'weights'; readonly service: string; readonly weights: Readonly<Record<string, number>> }
  /** The group's own bounds; desired capacity is moved inside them, as AWS does. */
  | {
      readonly edit: 'bounds';
      readonly service: string;
      readonly site: SiteName;
      readonly minSize: number;
      readonly maxSize: number;
    }
  /** The group gets an operator, who alone may change it, or (`on` false) loses it. */
  | { readonly edit: 'operator'; readonly service: string; readonly site: SiteName; readonly on: boolean }
  /** The record gets a third set or another time to live, or loses the set of a site; `restore` puts its sets back. */
  | {
      readonly edit: 'record';
      readonly service: string;
      readonly how: 'third-set' | 'ttl' | 'remove-primary' | 'remove-secondary' | 'restore';
    };

export type Fault =
  /** A server stops, hangs, errs or recovers (`ok`). With `port`, only what listens there. */
  | (Servers & { readonly kind: 'server'; readonly condition: Condition; readonly port?: number })
  /** A server alternates: `downSeconds` in `condition`, `upSeconds` ok, for `forSeconds`; ends ok. */
  | (Servers & {
      readonly kind: 'flapping';
      readonly condition: Condition;
      readonly downSeconds: number;
      readonly upSeconds: number;
      readonly forSeconds: number;
    })
  /** The machine itself breaks: EC2's status check fails, and the group notices after a while and replaces it. */
  | (Servers & { readonly kind: 'instance-dies' })
  /** The next `count` instances of the site come up in `condition`. */
  | {
      readonly kind: 'launches-broken';
      readonly service: string;
      readonly site: SiteName;
      readonly count: number;
      readonly condition: Condition;
    }
  /** Extra load in percent of one instance, on top of the traffic; 0 ends it. */
  | (Servers & { readonly kind: 'stress'; readonly percent: number })
  /** A new rate of requests. */
  | { readonly kind: 'traffic'; readonly service: string; readonly requestsPerSecond: number }
  | { readonly kind: 'zone'; readonly region: string; readonly zone: string; readonly lost: boolean }
  /** Servers of the region are down and its API endpoints silent, until `lost` is false again. */
  | { readonly kind: 'region'; readonly region: string; readonly lost: boolean }
  | { readonly kind: 'zonal-shift'; readonly region: string; readonly zone: string; readonly active: boolean }
  /**
   * The service's datapoints stop, come `seconds` late, bear a time that is off by `seconds` (`shifted`, may be negative), or
   * come normally; all signals unless one is named.
   */
  | {
      readonly kind: 'metrics';
      readonly service: string;
      readonly signal?: string;
      readonly how: 'dark' | 'late' | 'shifted' | 'normal';
      readonly seconds?: number;
    }
  /** A signal shows this value from the present minute on, whatever the load; `null` ends it. */
  | { readonly kind: 'signal'; readonly service: string; readonly signal: string; readonly value: number | null }
  /** Somebody sets the state of an alarm of the service by hand; it lasts until the next datapoint. */
  | { readonly kind: 'alarm'; readonly service: string; readonly alarm: string; readonly state: AlarmState }
  /** Somebody makes a composite alarm in the service's region: in ALARM while one of the service's alarms `over` is. */
  | { readonly kind: 'composite'; readonly service: string; readonly alarm: string; readonly over: readonly string[] }
  /**
   * Calls go wrong for `forSeconds`, or the next `times` calls: throttled, 5xx, denied, never answered (`silence`),
   * applied but never answered (`timeout-after-effect`), answered with what was true when the fault began (`stale`, reads
   * only; the state table is strongly consistent and has none), or late by `slowMs` (`slow`): what takes longer than the
   * client's patience has its effect after the client gave up.
   */
  | {
      readonly kind: 'api';
      readonly how: 'throttled' | 'server-error' | 'denied' | 'silence' | 'timeout-after-effect' | 'stale' | 'slow';
      /** Every API unless one is named. */
      readonly api?: ApiName;
      /** Operation, e.g. `SetDesiredCapacity`; every one unless one is named. */
      readonly operation?: string;
      readonly region?: string;
      readonly forSeconds: number;
      readonly times?: number;
      readonly slowMs?: number;
    }
  /** Events of a function are delivered twice (again after `seconds`), late, dropped, or held back and delivered newest first. */
  | {
      readonly kind: 'events';
      readonly function: FunctionName;
      readonly how: 'duplicated' | 'delayed' | 'dropped' | 'reordered';
      readonly seconds: number;
      readonly forSeconds: number;
    }
  /**
   * The latest running invocation of the function freezes, and goes on after `seconds` as if nothing had been. With
   * `atCall`, when it (or the next one, if none runs) sends its n-th call from now, to AWS or to the state table. With
   * `of`, whichever invocation sends the n-th of these calls, within `forSeconds`.
   */
  | {
      readonly kind: 'pause';
      readonly function: FunctionName;
      readonly seconds: number;
      readonly atCall?: number;
      readonly of?: Moment;
      readonly forSeconds?: number;
      /** The running invocation in this sandbox, and not the latest. */
      readonly sandbox?: string;
    }
  /**
   * The latest running invocation of the function dies: on the spot, or with its n-th call from now, which is sent, or is
   * not any more (`unsent`).
   */
  | {
      readonly kind: 'crash';
      readonly function: FunctionName;
      readonly atCall?: number;
      readonly of?: Moment;
      readonly forSeconds?: number;
      readonly unsent?: boolean;
    }
  /**
   * The clock of the function's youngest sandbox is off by `stepMs` from now on and goes wrong by `driftPpm` microseconds a
   * second; both 0: the clocks of all its sandboxes are right again.
   */
  | { readonly kind: 'clock'; readonly function: FunctionName; readonly stepMs: number; readonly driftPpm: number }
  /** The functions are deployed anew: what runs goes on to its end, every new invocation gets a new sandbox. */
  | { readonly kind: 'deploy' }
  /** An instance refresh of the site's group runs for `seconds`; instances stay as they are. */
  | { readonly kind: 'refresh'; readonly service: string; readonly site: SiteName; readonly seconds: number }
  /** New instances wait `seconds` in `Pending:Wait` for a lifecycle hook, as CodeDeploy makes them; 0 ends it. */
  | { readonly kind: 'launch-hook'; readonly service: string; readonly site: SiteName; readonly seconds: number }
  /** Instances wait `seconds` in `Terminating:Wait` for a lifecycle hook before they end; 0 ends it. */
  | { readonly kind: 'terminate-hook'; readonly service: string; readonly site: SiteName; readonly seconds: number }
  /** Processes of the group that are suspended from now on; an empty list resumes all. */
  | {
      readonly kind: 'suspend';
      readonly service: string;
      readonly site: SiteName;
      readonly processes: readonly string[];
    }
  /** Scale-in protection of instances. */
  | (Servers & { readonly kind: 'protection'; readonly on: boolean })
  /** Another scaler is set up on the group, or (`present` false) removed. */
  | {
      readonly kind: 'scaler';
      readonly service: string;
      readonly site: SiteName;
      readonly scaler: 'policy' | 'schedule' | 'predictive';
      readonly present: boolean;
    }
  | ({ readonly kind: 'person' } & PersonEdit);
