/** What is kept of a service between cycles. Times are milliseconds since the epoch and end in `Ms`. */
import type { Action } from './model-action.ts';
import type { Datapoint } from './model-observation.ts';
import type { SiteName } from './model-policy.ts';

/** An action that was saved and is not yet confirmed by an observation. */
export interface Pending {
  readonly action: Action;
  /** When it was saved. */
  readonly atMs: number;
  /** When it was accepted; `null` while that is not known. */
  readonly acceptedMs: number | null;
  readonly changeId?: string | undefined;
}

/** One datapoint with the number of instances that it covered: those in service on average over its period, not always whole. */
export interface Point extends Datapoint {
  readonly covered: number;
}

/** How well a kind of forecast did: changes that came times those foretold, and the latter squared, summed; old ones fade. */
export interface Skill {
  readonly came: number;
  readonly foretold: number;
}

/** From a time on until the next slot. */
export interface RoomSlot {
  readonly fromMs: number;
  /** The lowest that each peak was; then that of the servers wanted, and of these with all that a load beyond its range may get. */
  readonly lowest: readonly number[];
}

/** What is learnt of a load to know how much room it needs; see room.ts. Loads are in servers at 100 percent. */
export interface Room {
  /** The value of the signal that was 100 percent of a server; absent in states of before. */
  readonly full?: number | undefined;
  /** Start of the newest datapoint in it. */
  readonly atMs: number;
  readonly mean: number;
  /** What all ways ask for, each counted by what it cost lately. */
  readonly servers: number;
  /** Servers besides, for as much again as the load went beyond that of the hour before, as far as that pays off. */
  readonly beyond: number;
  /** What all of these would have cost more than they saved lately, in minutes of one server. */
  readonly lost: number;
  /** The highest load of each of the last minutes, the newest last; `null` where none is known. */
  readonly recent: readonly (number | null)[];
  /** What each hour of the day usually comes to; `null` where none is known. */
  readonly hours: readonly (number | null)[];
  /** As they are now, rises as logarithms; see room-ways.ts. */
  readonly rises: readonly number[];
  readonly peaks: readonly number[];
  readonly slots: readonly RoomSlot[];
  /** Of each way, in minutes of one server, above those of the cheapest. */
  readonly costs: readonly number[];
}

/** What is learnt of one signal to forecast it; see forecast-memory.ts. Logarithms are natural, of load in `unit`s. */
export interface ForecastMemory {
  /** The target when learning began. The curve is only ever used as a ratio, so an edited target does not spoil it. */
  readonly unit: number;
  /** The curve of a day or a week, packed (curve.ts). */
  readonly season: string;
  /** The slot that is being filled. */
  readonly slot: { readonly index: number; readonly sum: number; readonly points: number; readonly hidden: boolean };
  /** The slot before it, if it was filled enough: what came, and what the curve had for it until then. */
  readonly before: { readonly index: number; readonly log: number; readonly foretold: number | null } | null;
  /** Start of the newest datapoint that was learnt. */
  readonly learntMs: number;
  /** When the fleet was last seen without its traffic: what it carried until then says nothing. */
  readonly awayMs: number;
  readonly seasonSkill: Skill;
  readonly trendSkill: Skill;
  /** One forecast by trend, to be compared with what comes. */
  readonly bet: { readonly dueMs: number; readonly fromLog: number; readonly change: number } | null;
  /** Absent while overload costs nothing by the policy. */
  readonly room?: Room | undefined;
}

/** So many were in service from a time on, as far as anybody saw. */
interface InServiceCount {
  readonly fromMs: number;
  readonly count: number;
  /** Of fewer than before that were found after a pause: the last look before it, which still saw the ones before. */
  readonly afterMs?: number | undefined;
}

export interface ScalingState {
  /** Per signal name: the points of the stabilization window, oldest first. */
  readonly points: Readonly<Record<string, readonly Point[]>>;
  /** The one step for missing signals has been taken in this incident, which ends when every signal is back. */
  readonly missingStepTaken: boolean;
  /** In-service count over time, oldest first, to know what a datapoint covered. */
  readonly counts: readonly InServiceCount[];
  /** The fleet has not been seen for longer than a gap between rounds: `pace.fleetMs` is when it last was. */
  readonly fleetUnseen?: true | undefined;
  /** When each in-service instance was first seen in service. */
  readonly inServiceSince: Readonly<Record<string, number>>;
  /** Last change of the fleet’s desired capacity or of whether it has traffic, ours or another’s. */
  readonly lastChangeMs: number;
  readonly lastScaleOutMs: number;
  /** Last known desired capacity, `null` before the first reading. */
  readonly desired: number | null;
  /** Milliseconds between the end of a period and the first sight of its datapoint, as last seen; per signal name. */
  readonly publishLagMs: Readonly<Record<string, number>>;
  /** Per signal name; absent while the policy has no forecast. */
  readonly forecast?: Readonly<Record<string, ForecastMemory>> | undefined;
}

export interface TargetTrack {
  /** Consecutive failing rounds. */
  readonly failing: number;
  /** Consecutive passing rounds, counted up to what the policy asks for. */
  readonly passing: number;
}

export interface Ejection {
  readonly id: string;
  readonly port: number;
  readonly atMs: number;
  /** How many times this target has been ejected in a row; the back-off grows with it. */
  readonly times: number;
  /** The instance is to be replaced. */
  readonly replace: boolean;
  /** AWS called it healthy, and an answer from before still does. */
  readonly drilled?: true | undefined;
  /** A later reading has shown that it is out: listed after that, somebody registered it again. */
  readonly seenOut?: true | undefined;
  /** Since when AWS refuses to have it back: it is stopped, or gone. */
  readonly refusedMs?: number | undefined;
}

export interface HealthState {
  /** By target key. A target with no counter is absent. */
  readonly targets: Readonly<Record<string, TargetTrack>>;
  /** Rounds in a row in which the targets could not be read while some had a counter. */
  readonly missing?: number | undefined;
  /** By target key: what we ejected and have not readmitted. */
  readonly ejected: Readonly<Record<string, Ejection>>;
  /** By target key: ejections of the past, for the back-off. */
  readonly history: Readonly<Record<string, { readonly times: number; readonly lastMs: number }>>;
  /** By instance id: when we asked for its replacement. */
  readonly replaced: Readonly<Record<string, number>>;
}

/** What a probe said while the targets could be read and were good: only then it is known whether it tells the truth. */
export interface ProbeTrack {
  /** It passed, and has not failed for long since: that it fails is evidence. */
  readonly proved: boolean;
  /** Since when it has failed although all was well; `null`: it passes. */
  readonly failingSinceMs: number | null;
}

export interface SiteTrack {
  readonly good: number;
  readonly bad: number;
  readonly missing: number;
  /** Since when every round was good; `null` when the last was not. */
  readonly goodSinceMs: number | null;
  /** Servers with a healthy target in the last round that could be read; `null` before the first. */
  readonly lastHealthy: number | null;
  /** Absent before the first probe of a good site. */
  readonly probe?: ProbeTrack | undefined;
}

export type FailoverPhase = 'primary' | 'failingOver' | 'secondary' | 'failingBack';

export interface FailoverState {
  readonly phase: FailoverPhase;
  readonly primary: SiteTrack;
  readonly secondary: SiteTrack;
  /** The primary's last known desired capacity; `null` before the first reading. */
  readonly primaryDesired: number | null;
  /** The same when the primary last had the traffic and was good; absent before that, and in states of before. */
  readonly primaryServed?: number | null | undefined;
  /** Weight by set identifier that we set or adopted; `null` before the first reading. */
  readonly weights: Readonly<Record<string, number>> | null;
  /** When `weights` became what they are. */
  readonly weightsMs: number;
  /** When the record was last seen to be another than `weights`; noted once a minute, absent before the first time. */
  readonly strayedMs?: number | undefined;
  /** The accepted change that is not INSYNC yet. */
  readonly change: { readonly id: string | null; readonly atMs: number } | null;
  /** The last move was an order by hand: no automatic failback. */
  readonly byHand: boolean;
  readonly relapses: number;
  readonly lastFailbackMs: number | null;
  /** Times of automatic failbacks within the last hour. */
  readonly failbacksMs: readonly number[];
  /** The standby group's desired capacity before we raised it, and what we raised it to. */
  readonly standbyRaised: { readonly from: number; readonly to: number } | null;
  /** Since the record left the primary the standby has been as large as it: what somebody makes of it since is theirs. */
  readonly standbyMatched?: true | undefined;
}

/** Orders by hand that stand until released or expired. */
export interface Orders {
  readonly hold?: { readonly atMs: number } | undefined;
  /** A floor under the capacity; 0 parks the service. `untilMs` null: until release. */
  readonly capacity?: { readonly capacity: number; readonly untilMs: number | null } | undefined;
  /** A move that was ordered and is not under way yet. */
  readonly move?: { readonly to: SiteName; readonly atMs: number } | undefined;
  /** Adopt the record weights as they are now. */
  readonly adoptDns?: true | undefined;
  /** What the group had before it was parked. */
  readonly parked?: { readonly minSize: number; readonly desired: number } | undefined;
}

/** Something worth waking a person for, from its first cycle to the last one in which it was seen. */
export interface Incident {
  readonly sinceMs: number;
  readonly lastMs: number;
  /** Of what has to last before anybody is told: whether it has. */
  readonly told?: boolean | undefined;
  /** People were told that what it is about is not done yet: they are told when it is. */
  readonly open?: true | undefined;
  /** What nobody is known to have been told of it so far: saved before anything is done, so that a crash takes it from nobody. */
  readonly untold?: { readonly title: string; readonly message: string; readonly triedMs: number } | undefined;
}

/** Round times. They move in every round and alone do not make a state worth saving. */
export interface Pace {
  readonly healthMs: number;
  readonly failoverMs: number;
  /** When the fleet was last seen; absent before that, and in states of before. */
  readonly fleetMs?: number | undefined;
  /** When the evidence for a site was last good. */
  readonly goodMs: { readonly primary: number; readonly secondary: number };
}

/** What the state is about, to notice that a policy means something else by the same name. */
export interface Basis {
  /** The last one that a policy named. */
  readonly fleet: string | null;
  readonly targetGroup: string | null;
  readonly record: string | null;
  /** The target groups of the primary and of the secondary; absent in states of before. */
  readonly sites?: readonly string[] | undefined;
  /** The group of the secondary; `null`: none is named; absent in states of before. */
  readonly standby?: string | null | undefined;
  /** Of the primary and of the secondary; absent in states of before. */
  readonly probes?: readonly (string | null)[] | undefined;
  /** By signal name. */
  readonly metrics: Readonly<Record<string, string>>;
  /** All of it in one string, for a quick comparison. */
  readonly key: string;
}

export interface ServiceState {
  readonly service: string;
  /** 0: never saved. */
  readonly version: number;
  readonly scaling: ScalingState;
  readonly health: HealthState;
  readonly failover: FailoverState;
  readonly orders: Orders;
  readonly pending: readonly Pending[];
  /** By `area:reason`. */
  readonly incidents: Readonly<Record<string, Incident>>;
  readonly pace: Pace;
  /** Absent until the first decision. */
  readonly basis?: Basis | undefined;
}
