/** What a scenario is made of. */
import type { Action, Policy } from '../core/model.ts';
import type { Fault } from '../sim/faults.ts';
import type { HistoryEvent } from '../sim/history.ts';
import type { Random } from '../sim/random.ts';
import type { ServiceView, World, WorldOptions } from '../sim/world.ts';
import type { DrillDecision, Measures } from './result.ts';

type Section = 'fleet' | 'scaling' | 'health' | 'failover';

/** What a policy must have beyond a section. */
interface Need {
  /** As it is said: … needs … */
  readonly words: string;
  readonly isMet: (policy: Policy) => boolean;
}

/** How soon the policy's numbers can notice and answer the fault, at worst: from `lib/policy/detection.ts`. */
export interface Bound {
  readonly detectSeconds: number;
  readonly decideSeconds: number;
  readonly actSeconds: number;
}

/** The moment before the fault: everything is at rest, and the world can be asked for names. */
export interface Scene {
  readonly policy: Policy;
  readonly world: World;
  readonly faultMs: number;
  /** Chance of this drill alone. */
  readonly random: Random;
  /** What the service looks like now. */
  readonly before: ServiceView;
}

/** What a scenario does and what it expects, from the fault on. */
export interface Plan {
  readonly faults: readonly { readonly afterSeconds: number; readonly fault: Fault }[];
  /** A fault of the sandbox that saves the first decision to answer, in that very moment. */
  readonly onDecided?: (sandbox: string) => Fault;
  /** Events that are handed to `onAlarm` as they are. */
  readonly alarms: readonly { readonly afterSeconds: number; readonly event: object; readonly message: string }[];
  /** Orders by hand, given to `operate`. */
  readonly orders?: readonly { readonly afterSeconds: number; readonly order: object; readonly message: string }[];
  /** Texts of the policy file that are deployed; only where the scenario serves its policy from a file. */
  readonly texts?: readonly { readonly afterSeconds: number; readonly text: string; readonly message: string }[];
  /** Whether the controller is right to report this of itself. */
  readonly mayReport?: (words: string) => boolean;
  /** How long the drill goes on after the fault. */
  readonly runSeconds: number;
  /** Whether this is the action that answers the fault; null: nothing is to be done. */
  readonly response: ((action: Action) => boolean) | null;
  /** Whether AWS shows the fault with this event; or when it does, where no event shows it. */
  readonly shown: ((event: HistoryEvent, view: ServiceView) => boolean) | number | null;
  /** Healthy servers that the primary needs to be at full capacity, after these answers. */
  readonly fullAt: (answers: readonly Action[]) => number;
  readonly judge: (facts: Facts) => readonly Judgement[];
}

export interface Scenario {
  readonly name: string;
  /** One sentence for `drill --list`. */
  readonly summary: string;
  /** Sections that the policy must have, and what else. */
  readonly needs: readonly (Section | Need)[];
  /** Where the policy gives the fault no room: the one that is rehearsed, and the difference in words. The summary says so too. */
  readonly adapt?: (policy: Policy) => Adapted;
  /** The functions read the policy from a file, so that another text can be deployed. */
  readonly servesFile?: true;
  readonly options: (policy: Policy) => WorldOptions;
  readonly plan: (scene: Scene) => Plan;
}

/** A policy as a scenario needs it; `words`: in what it differs from the one that was given, null when it does not. */
export interface Adapted {
  readonly policy: Policy;
  readonly words: string | null;
}

/** An action of the controller that took effect. */
export interface Applied {
  readonly atMs: number;
  readonly action: Action;
}

/** What whoever is on call was told. */
export interface Told {
  readonly atMs: number;
  readonly subject: string;
}

/** What a verdict is made from. */
export interface Facts {
  readonly scene: Scene;
  readonly plan: Plan;
  readonly measures: Measures & { readonly requests: number; readonly failedRequests: number };
  /** Milliseconds, not rounded. */
  readonly detectMs: number | null;
  /** The action that was first decided to answer the fault, and when it was saved. */
  readonly decided: Applied | null;
  readonly actMs: number | null;
  /** Since the fault, in order. */
  readonly applied: readonly Applied[];
  /** Writes since the fault that changed something, whoever sent them. */
  readonly writes: number;
  readonly decisions: readonly DrillDecision[];
  readonly lastFailedMs: number | null;
  /** When the capacity was full after it was short, and was answered if anything answered; null: never. */
  readonly fullMs: number | null;
  readonly after: ServiceView;
  /** Record changes since the fault: which site they point to, when they were accepted and when they were INSYNC. */
  readonly moves: readonly {
    readonly to: 'primary' | 'secondary' | null;
    readonly atMs: number;
    insyncMs: number | null;
  }[];
  readonly endMs: number;
  /** Since the fault, in order. */
  readonly told: readonly Told[];
  /** What the controller reported of itself and was right to. */
  readonly reported: readonly string[];
  /** Alarm events that the handler answered as concerning the service. */
  readonly alarmsHeard: number;
}

/** One thing that passing means, and whether it holds. */
export interface Judgement {
  readonly holds: boolean;
  readonly text: string;
}
