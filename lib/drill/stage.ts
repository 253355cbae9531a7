/**
 * A simulated world with the production functions in it, and an auditor who sees everything: what drills are played on,
 * and whatever else throws faults at the controller.
 */
import type { ServiceResult } from '../controller/record.ts';
import { createAuditor, type Violation } from '../core/invariants.ts';
import type { Write } from '../core/invariants-evidence.ts';
import type { Policy, ServiceState } from '../core/model.ts';
import { createRandom } from '../sim/random.ts';
import { createWorld, type World, type WorldSpec } from '../sim/world.ts';
import { createReader } from './changes.ts';
import { createLens, type Lens } from './lens.ts';
import type { Deployed, Functions, Rig } from './rig.ts';
import { createSandboxes, type Watch } from './sandboxes.ts';
import { watchWorld } from './witness.ts';

export interface StageSpec extends WorldSpec {
  readonly rig: Rig;
  /** What the functions serve, where it is not just the policies that the world is made from. */
  readonly deployed?: Deployed;
}

/** What whoever plays on the stage may want to hear of; times are virtual milliseconds. */
export interface Hooks {
  saved?(state: ServiceState, atMs: number, caller: string): void;
  /** A write reached AWS, with or without an effect. */
  wrote?(write: Write): void;
  /** The decisions of a cycle; `atMs` is when its state was saved, or when it ended if nothing was worth saving. */
  cycle?(result: ServiceResult, atMs: number): void;
  /** A sandbox begins to serve this policy. */
  serves?(policy: Policy): void;
  /** A notification could not be sent; it is sent again later. */
  unsent?(words: string, atMs: number): void;
  /** The controller broke, or says that something is wrong with itself. */
  broke?(words: string): void;
}

export interface Stage {
  readonly world: World;
  /** The functions of a sandbox, made when it is first asked for; events of the world make their own. */
  readonly sandbox: (name: string) => Functions;
  /** Puts other policies into the package: new sandboxes serve them, running ones go on to their end with the old ones. */
  deploy(deployed: Deployed): void;
  /** Everything that was violated so far, in order. */
  readonly violations: readonly Violation[];
  /** To be called once, at the end: notes what only then can be said to be missing. */
  finish(): void;
}

/** What the sandboxes show, joined with the world's clock. */
function watchOf(
  world: World,
  policies: readonly Policy[],
  hooks: Hooks,
  { show, begun, ended }: Lens,
  look: (service: string) => void,
): Watch {
  const savedMs = new Map<string, number>();
  const now = (): number => world.clock.nowMs();
  return {
    lease: (caller, epoch) => show({ kind: 'lease', atMs: now(), caller, epoch }),
    look: (caller, epoch, frozen, about) => show({ kind: 'look', atMs: now(), caller, epoch, frozen, about }),
    drillBegun: begun,
    drillEnded: ended,
    frozen: (frozen) => show({ kind: 'frozen', atMs: now(), frozen }),
    saved(caller, state) {
      const key = `${caller} ${state.service}`;
      // A cycle saves before it acts, and again when it knows what came of it.
      if (!savedMs.has(key)) savedMs.set(key, now());
      // What no event tells, and what is about to be done may rest on.
      look(state.service);
      show({ kind: 'saved', atMs: now(), service: state.service, state });
      hooks.saved?.(state, now(), caller);
    },
    cycle(caller, result) {
      const { service, decisions } = result;
      const key = `${caller} ${service}`;
      const applied = decisions.flatMap((d) => (d.applied && d.action !== null ? [d.action.id] : []));
      show({ kind: 'cycle', atMs: now(), service, caller, applied });
      hooks.cycle?.(result, savedMs.get(key) ?? now());
      savedMs.delete(key);
      look(service);
    },
    serves(caller, policies) {
      for (const policy of policies) {
        show({ kind: 'serves', atMs: now(), service: policy.service, caller, policy });
        hooks.serves?.(policy);
      }
    },
    noticed(service, title) {
      // Who names no topic is told by the log.
      const topic = policies.find((policy) => policy.service === service)?.notify;
      if (topic === undefined) show({ kind: 'notification', atMs: now(), service, title });
    },
    error(message) {
      // Whoever is on call is told late, but nothing is wrong with the controller (lib/controller/cycle.ts).
      if (message.startsWith('notification not sent')) hooks.unsent?.(message, now());
      else hooks.broke?.(`the controller reports: ${message}`);
    },
  };
}

/** Builds the world and everything that watches it; virtual time has not begun yet. The same spec gives the same play. */
export function createStage(spec: StageSpec, hooks: Hooks = {}): Stage {
  const { policies, seed } = spec;
  const world = createWorld(spec);
  const auditor = createAuditor(policies);
  const violations: Violation[] = [];
  const lens = createLens(policies, world.clock, (evidence) => {
    violations.push(...auditor.see(evidence));
    if (evidence.kind === 'write') hooks.wrote?.(evidence);
  });
  const look = watchWorld(world, policies, createReader(world, policies), lens.show);
  const latencyMs = createRandom(seed, 'state').int(2, 12);
  let deployed: Deployed = spec.deployed ?? policies;
  const watch = watchOf(world, policies, hooks, lens, look);
  const sandbox = createSandboxes(world, spec.rig, () => deployed, latencyMs, watch);
  world.history.listen((event) => {
    if (event.kind === 'invocation' && event.phase === 'failed')
      hooks.broke?.(`${event.function} failed: ${String(event.error)}`);
  });
  return {
    world,
    sandbox,
    violations,
    deploy(next) {
      deployed = next;
      world.apply({ kind: 'deploy' });
    },
    finish() {
      violations.push(...auditor.finish(world.clock.nowMs()));
    },
  };
}
