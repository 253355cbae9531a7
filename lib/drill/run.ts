/** Runs one drill: the production functions against a simulated account, from rest through the fault to a verdict. */
import { type Auditor, createAuditor, type Violation } from '../core/invariants.ts';
import type { Evidence } from '../core/invariants-evidence.ts';
import type { Policy } from '../core/model.ts';
import { createRandom } from '../sim/random.ts';
import { createWorld, type SimulatedContext, type World } from '../sim/world.ts';
import { createReader } from './changes.ts';
import { createMilestones, type Milestones } from './milestones.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import {
  type DrillRefusal,
  type DrillResult,
  type DrillViolation,
  secondsSince,
  type TimelineEntry,
} from './result.ts';
import type { Rig } from './rig.ts';
import { createSandboxes, type Watch } from './sandboxes.ts';
import type { Facts, Judgement, Plan, Scenario } from './scenario.ts';
import { refusalOf } from './scenarios.ts';
import { watchWorld } from './witness.ts';
import { createNarrator } from './words.ts';

export interface DrillSpec {
  readonly scenario: Scenario;
  readonly policy: Policy;
  /** The policy as the user calls it, for the result: a file or a service. */
  readonly policyName: string;
  readonly seed: number;
  readonly rig: Rig;
  /** Resolves when every promise that can go on has gone on, e.g. `() => new Promise((done) => setImmediate(done))`. */
  readonly settle: () => Promise<unknown>;
  /** Called with each line of the timeline as it comes to be. */
  readonly onEvent?: (entry: TimelineEntry) => void;
}

/** Rounds, budgets and slow readings have settled after this. */
const WARM_UP_SECONDS = 360;
/** A window is full this long after its length has passed: the first datapoint may be two minutes away. */
const WINDOW_MARGIN_SECONDS = 240;

function warmUpSeconds({ scaling }: Policy): number {
  return Math.max(WARM_UP_SECONDS, (scaling?.scaleIn.stabilizationSeconds ?? 0) + WINDOW_MARGIN_SECONDS);
}

/** A drill while it runs. */
interface Running {
  readonly spec: DrillSpec;
  readonly world: World;
  readonly recorder: Recorder;
  readonly auditor: Auditor;
  /** What broke in the controller itself. */
  readonly broken: Judgement[];
  readonly violations: Violation[];
  /** Set with the fault. */
  milestones: Milestones | null;
}

/** Joins what the sandboxes show with what the world shows; a cycle's decisions belong where its state was saved. */
function watchOf(running: Running, show: (evidence: Evidence) => void, look: () => void): Watch {
  const { world, recorder, broken } = running;
  const savedMs = new Map<string, number>();
  const now = (): number => world.clock.nowMs();
  return {
    fence(caller, epoch) {
      savedMs.delete(caller);
      show({ kind: 'fence', atMs: now(), caller, epoch });
    },
    look: (caller, epoch, frozen) => show({ kind: 'look', atMs: now(), caller, epoch, frozen }),
    frozen: (frozen) => show({ kind: 'frozen', atMs: now(), frozen }),
    saved(caller, state) {
      if (!savedMs.has(caller)) savedMs.set(caller, now());
      show({ kind: 'saved', atMs: now(), service: state.service, state });
      running.milestones?.saved(state, now());
    },
    cycle(caller, result) {
      const applied = result.decisions.flatMap((d) => (d.applied && d.action !== null ? [d.action.id] : []));
      show({ kind: 'cycle', atMs: now(), service: result.service, applied });
      recorder.decided(savedMs.get(caller) ?? now(), result);
      look();
    },
    error: (message) => broken.push({ holds: false, text: `the controller reports: ${message}` }),
  };
}

/** Builds the world and everything that watches it; virtual time has not begun yet. */
function begin(spec: DrillSpec) {
  const { scenario, policy, seed, settle } = spec;
  const options = scenario.options(policy);
  const world = createWorld({ policies: [policy], seed, settle, options });
  const recorder = createRecorder(createNarrator(policy), spec.onEvent);
  const auditor = createAuditor([policy]);
  const running: Running = { spec, world, recorder, auditor, broken: [], violations: [], milestones: null };
  const show = (evidence: Evidence): void => {
    running.violations.push(...auditor.see(evidence));
    if (evidence.kind === 'write' && evidence.effectMs !== null)
      running.milestones?.wrote(evidence.change, evidence.effectMs);
  };
  const look = watchWorld(world, [policy], options, createReader(world, [policy]), show);
  const latencyMs = createRandom(seed, 'state').int(2, 12);
  const sandboxNamed = createSandboxes(world, spec.rig, [policy], latencyMs, watchOf(running, show, look));
  world.history.listen((event) => {
    recorder.happened(event);
    running.milestones?.happened(event);
    if (event.kind === 'invocation' && event.phase === 'failed')
      running.broken.push({ holds: false, text: `${event.function} failed: ${String(event.error)}` });
  });
  return Object.assign(running, { sandboxNamed });
}

type Stage = ReturnType<typeof begin>;

function contextOf(world: World, index: number): SimulatedContext {
  const deadlineMs = world.clock.nowMs() + 90_000;
  return {
    awsRequestId: `stale-alarm-${index}`,
    functionName: 'evenkeel-onAlarm',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:evenkeel-onAlarm',
    memoryLimitInMB: '256',
    logGroupName: '/aws/lambda/evenkeel-onAlarm',
    // Two of them may come at once: each sandbox serves one at a time.
    logStreamName: `onAlarm/stale-${index % 2}`,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - world.clock.nowMs()),
  };
}

/** Hands the plan's alarm events to `onAlarm`, each at its time; counts those that it answered with the service. */
async function deliverAlarms(running: Stage, plan: Plan, faultMs: number): Promise<() => number> {
  const { world, recorder, sandboxNamed, broken, spec } = running;
  let heard = 0;
  const listen = (answer: unknown): void => {
    const { trigger } = answer as { readonly trigger: { readonly services: readonly string[] } };
    if (trigger.services.includes(spec.policy.service)) heard += 1;
  };
  const alarms = [...plan.alarms].sort((a, b) => a.afterSeconds - b.afterSeconds);
  for (const [index, { afterSeconds, event, message }] of alarms.entries()) {
    await world.run(faultMs + afterSeconds * 1000);
    recorder.say(world.clock.nowMs(), { area: 'fault', event: 'stale-alarm', message });
    const context = contextOf(world, index);
    void sandboxNamed(context.logStreamName)
      .onAlarm(event, context)
      .then(listen, (error) => broken.push({ holds: false, text: `onAlarm failed: ${String(error)}` }));
  }
  return () => heard;
}

/** Lets the world rest, breaks it, and waits. */
async function rehearse(running: Stage): Promise<Facts> {
  const { spec, world, recorder } = running;
  const { policy, scenario, seed } = spec;
  const random = createRandom(seed, `drill/${scenario.name}`);
  const faultMs = world.startMs + warmUpSeconds(policy) * 1000 + random.int(0, 59_999);
  await world.run(faultMs);
  const scene = { policy, world, faultMs, random, before: world.view(policy.service) };
  const plan = scenario.plan(scene);
  recorder.start(faultMs);
  const milestones = createMilestones(scene, plan);
  running.milestones = milestones;
  for (const { afterSeconds, fault } of plan.faults) world.schedule(faultMs + afterSeconds * 1000, fault);
  const heard = await deliverAlarms(running, plan, faultMs);
  await world.run(faultMs + plan.runSeconds * 1000);
  running.violations.push(...running.auditor.finish(world.clock.nowMs()));
  return milestones.facts(recorder.decisions, heard());
}

/** The last lines of the timeline: what was asked of the drill, and what came of it. */
function conclude(running: Running, facts: Facts): 'pass' | 'fail' {
  const { recorder, broken, violations } = running;
  const judgements = [...facts.plan.judge(facts), ...broken];
  const holds = violations.length === 0 && judgements.every((one) => one.holds);
  for (const { holds, text } of judgements) {
    recorder.say(facts.endMs, { area: 'verdict', event: holds ? 'holds' : 'fails', message: text });
  }
  for (const { invariant, message } of violations) {
    recorder.say(facts.endMs, { area: 'verdict', event: 'fails', message: `invariant ${invariant}: ${message}` });
  }
  const { scenario, policyName, seed } = running.spec;
  const event = holds ? 'pass' : 'fail';
  recorder.say(facts.endMs, {
    area: 'verdict',
    event,
    message: `${scenario.name} on ${policyName}, seed ${seed}: ${event}`,
  });
  recorder.finish();
  return event;
}

/**
 * Rehearses one scenario on one policy, in virtual time: the same seed gives the same result. A policy without the
 * sections that the scenario is about is refused in words, and nothing is run. Rejects only for a bug.
 */
export async function runDrill(spec: DrillSpec): Promise<DrillResult | DrillRefusal> {
  const { scenario, policy, policyName, seed } = spec;
  const refused = refusalOf(scenario, policy, policyName);
  if (refused !== null) return refused;
  const running = begin(spec);
  const facts = await rehearse(running);
  const verdict = conclude(running, facts);
  const { timeline, decisions } = running.recorder;
  const { faultMs } = facts.scene;
  const violations = running.violations.map(
    ({ invariant, atMs, message }): DrillViolation => ({ invariant, atSeconds: secondsSince(faultMs, atMs), message }),
  );
  return {
    scenario: scenario.name,
    policy: policyName,
    seed,
    verdict,
    measures: facts.measures,
    timeline,
    decisions,
    violations,
  };
}
