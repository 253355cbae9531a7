/** Runs one drill: the production functions against a simulated account, from rest through the fault to a verdict. */
import type { Policy } from '../core/model.ts';
import { createRandom } from '../sim/random.ts';
import { createDeliveries } from './deliveries.ts';
import { createMilestones, type Milestones } from './milestones.ts';
import { fileOf, textOf } from './policy-text.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import {
  type DrillRefusal,
  type DrillResult,
  type DrillViolation,
  secondsSince,
  type TimelineEntry,
} from './result.ts';
import type { Rig } from './rig.ts';
import type { Adapted, Facts, Judgement, Plan, Scenario } from './scenario.ts';
import { refusalOf } from './scenarios.ts';
import { createStage, type Hooks, type Stage } from './stage.ts';
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
  readonly adapted: Adapted;
  readonly stage: Stage;
  readonly recorder: Recorder;
  /** What broke in the controller itself. */
  readonly broken: Judgement[];
  /** What it reports of itself and is right to. */
  readonly reported: string[];
  /** Set with the fault. */
  plan: Plan | null;
  milestones: Milestones | null;
}

/** What the controller reports of itself: to be expected, or broken. */
function hear({ plan, reported, broken }: Running, text: string): void {
  if (plan?.mayReport?.(text) === true) reported.push(text);
  else broken.push({ holds: false, text });
}

/** Sets the stage; virtual time has not begun yet. */
function begin(spec: DrillSpec): Running {
  const { scenario, seed, rig, settle, onEvent } = spec;
  const adapted = scenario.adapt?.(spec.policy) ?? { policy: spec.policy, words: null };
  const { policy } = adapted;
  const recorder = createRecorder(createNarrator(policy), onEvent);
  const hooks: Hooks = {
    saved(state, atMs, caller) {
      const answers = running.milestones?.saved(state, atMs) === true;
      const fault = answers ? running.plan?.onDecided?.(caller) : undefined;
      if (fault !== undefined) stage.world.apply(fault);
    },
    wrote: (write) => running.milestones?.wrote(write),
    cycle: (result, atMs) => recorder.decided(atMs, result),
    unsent: (message, atMs) => recorder.say(atMs, { area: 'controller', event: 'not-notified', message }),
    broke: (text) => hear(running, text),
  };
  const served = scenario.servesFile === true ? { deployed: fileOf(policy, textOf(policy)) } : {};
  const stage = createStage(
    { policies: [policy], seed, rig, settle, options: scenario.options(policy), ...served },
    hooks,
  );
  const empty = { broken: [], reported: [], plan: null, milestones: null };
  const running: Running = { spec, adapted, stage, recorder, ...empty };
  stage.world.history.listen((event) => {
    recorder.happened(event);
    running.milestones?.happened(event);
  });
  return running;
}

/** Lets the world rest, breaks it, and waits. */
async function rehearse(running: Running): Promise<Facts> {
  const { spec, stage, recorder } = running;
  const { world } = stage;
  const { scenario, seed } = spec;
  const { policy, words } = running.adapted;
  const random = createRandom(seed, `drill/${scenario.name}`);
  const faultMs = world.startMs + warmUpSeconds(policy) * 1000 + random.int(0, 59_999);
  await world.run(faultMs);
  const scene = { policy, world, faultMs, random, before: world.view(policy.service) };
  const plan = scenario.plan(scene);
  recorder.start(faultMs);
  if (words !== null) recorder.say(faultMs, { area: 'fault', event: 'policy', message: `this drill changes ${words}` });
  const milestones = createMilestones(scene, plan);
  running.milestones = milestones;
  running.plan = plan;
  for (const { afterSeconds, fault } of plan.faults) world.schedule(faultMs + afterSeconds * 1000, fault);
  const deliveries = createDeliveries({ ...running, policy });
  await deliveries.run(plan, faultMs);
  await world.run(faultMs + plan.runSeconds * 1000);
  stage.finish();
  return milestones.facts(recorder.decisions, deliveries.alarmsHeard(), running.reported);
}

/** The last lines of the timeline: what was asked of the drill, and what came of it. */
function conclude(running: Running, facts: Facts): 'pass' | 'fail' {
  const { recorder, broken, stage } = running;
  const { violations } = stage;
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
  const violations = running.stage.violations.map(
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
