/** Who plays AWS: the simulator, or moto over HTTP. Each builds the same lab and shows it through other eyes than the SDK's. */
import type { Change } from '@aws-sdk/client-route-53';
import type { Policy } from '../../../lib/core/model.ts';
import type { AlarmState } from '../../../lib/ports.ts';
import type { SimulatedClients } from '../../../lib/sim/world.ts';

/** One service of the lab: two servers in Seoul, one in the standby in Tokyo, all weight on Seoul. */
export interface Service {
  readonly policy: Policy;
  readonly group: string;
  readonly targetGroupArn: string;
  readonly instanceIds: readonly [string, string];
}

export interface GroupNow {
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  /** Those that are InService and Healthy. */
  readonly instanceIds: readonly string[];
}

export interface StageOptions {
  readonly services?: number;
  /** The record sets are aliases with EvaluateTargetHealth. */
  readonly alias?: boolean;
}

/** A lab of one's own, and time that passes for whoever waits. */
export interface Stage {
  readonly services: readonly Service[];
  /** The first of them. */
  readonly web: Service;
  readonly zoneId: string;
  readonly clients: SimulatedClients;
  nowMs(): number;
  /** Waits for the call's answer. */
  answered<T>(call: Promise<T>): Promise<T>;
  /** Lets so much time pass. */
  pass(seconds: number): Promise<void>;
  /** Sends as somebody who may do everything but `action`, as IAM names it. */
  denied<T>(action: string, send: (clients: SimulatedClients) => Promise<T>): Promise<T>;

  // What other people do.
  suspend(service: Service, processes: readonly string[]): Promise<void>;
  addScaler(service: Service, scaler: 'policy' | 'schedule'): Promise<void>;
  /** Starts an instance refresh that is soon over, or not. */
  startRefresh(service: Service, over: boolean): Promise<void>;
  /** From now on nothing answers the load balancer's checks. */
  breakServers(service: Service): Promise<void>;
  /** The CPU of the group stands at `percent` in each of `minutes` whole minutes from the one returned. */
  reportCpu(service: Service, percent: number, minutes: number): Promise<number>;
  /** The names of two alarms on the CPU of the group. */
  alarms(service: Service): Promise<readonly [string, string]>;
  /** The name of a composite alarm over this one. */
  composeAlarm(service: Service, over: string): Promise<string>;
  setAlarm(service: Service, alarm: string, state: AlarmState): Promise<void>;
  changeSets(changes: readonly Change[]): Promise<void>;
  /** The ARN of a topic that somebody listens to from now on. */
  listen(): Promise<string>;

  // What other clients see.
  groupNow(service: Service): Promise<GroupNow>;
  /** Registered and not draining, as `id:port`. */
  targetsNow(service: Service): Promise<readonly string[]>;
  /** By set identifier. */
  weightsNow(service: Service): Promise<Readonly<Record<string, number>>>;
  /** What the listener got. */
  publishedNow(): Promise<readonly { subject: string; message: string }[]>;
}

export interface Peer {
  readonly name: 'simulator' | 'moto';
  stage(options?: StageOptions): Promise<Stage>;
}
