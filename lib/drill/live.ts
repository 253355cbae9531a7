/** Runs one live drill: targets that are well are read as failing, and the production controller answers for real. */
import { isPortError } from '../controller/reading.ts';
import { isOn, type LiveDrill, LONGEST_DRILL_SECONDS } from '../core/live-drill.ts';
import type { Policy } from '../core/model.ts';
import type { LiveRequest } from '../events/drill-request.ts';
import { type Parsed, refuse, refuseNow } from '../events/problem.ts';
import type { Ports } from '../ports.ts';
import { guardsOf, unguarded } from './live-alarms.ts';
import { atRest } from './live-start.ts';
import { answerSeconds, judge, liveMeasures, underWay } from './live-verdict.ts';
import { type Ending, type LiveScene, undo, type Watched, watch } from './live-watch.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { type DrillDecision, type Measures, secondsSince, type TimelineEntry } from './result.ts';

export interface LiveSpec {
  readonly ports: Ports;
  readonly policy: Policy;
  readonly request: LiveRequest;
  /** Unique per invocation. */
  readonly id: string;
  /** Where the controller stands; `null`: not known, and no alarm is looked for there. */
  readonly region: string | null;
  /** How long the function may still run. */
  readonly remainingMs: number;
}

/** What a live drill answers. Seconds count from its beginning. */
export interface LiveDrillResult {
  readonly scenario: string;
  readonly mode: 'live';
  readonly policy: string;
  readonly id: string;
  readonly verdict: 'pass' | 'fail';
  readonly measures: Measures;
  /** What ended it. */
  readonly ended: { readonly by: Ending['by']; readonly atSeconds: number; readonly message: string };
  /** What the controller still has to do; empty when all is as it was. */
  readonly underWay: readonly string[];
  readonly timeline: readonly TimelineEntry[];
  readonly decisions: readonly DrillDecision[];
}

/** After the last look the answer is made and given within this time. */
const LEAVE_MS = 30_000;

/** The shortest time in which the controller can answer, with a round to spare, and the longest that the function can watch. */
function expiryProblem({ policy, request, remainingMs }: LiveSpec): Parsed<never> | null {
  const { expiresInSeconds, scenario } = request;
  const answer = answerSeconds(policy, scenario);
  const least = 2 * answer;
  const most = Math.min(LONGEST_DRILL_SECONDS, Math.floor((remainingMs - LEAVE_MS) / 1000));
  if (expiresInSeconds >= least && expiresInSeconds <= most) return null;
  const why = `the controller may take ${answer} s to answer, and this function can watch for ${most} s`;
  return refuse('expiresInSeconds', expiresInSeconds, `${least} to ${most}: ${why}`);
}

/** Begins the drill in the table. What may have begun all the same is undone before the error goes on. */
async function begin(scene: LiveScene): Promise<Parsed<never> | null> {
  const { ports, drill } = scene;
  try {
    await ports.state.beginDrill(drill, ports.clock.nowMs());
    return null;
  } catch (error) {
    if (!isPortError(error)) throw error;
    if (error.kind === 'Conflict') return refuseNow('service', `another live drill was begun first: ${error.message}`);
    if (error.kind === 'Unavailable') await undo(scene);
    throw error;
  }
}

/** Writes down what was seen, each decision at its time. */
function record(recorder: Recorder, { drill }: LiveScene, { ending, results }: Watched): void {
  recorder.start(drill.startedMs);
  const until = new Date(drill.untilMs).toISOString();
  const message = `read as failing from now on: ${drill.targets.join(', ')}; until ${until} at the latest`;
  recorder.say(drill.startedMs, { area: 'fault', event: 'live-drill', message });
  for (const result of results) {
    recorder.decided(result.decidedMs, result);
    for (const { area, action, applied, appliedMs } of result.decisions) {
      if (action === null || !applied || appliedMs === undefined) continue;
      recorder.say(appliedMs, { area, event: 'accepted', message: `AWS accepted ${action.kind} (${action.reason})` });
    }
  }
  recorder.say(ending.atMs, { area: 'fault', event: 'live-drill-over', message: ending.message });
}

/** Whether the table says that the drill is over; `null`: it cannot be read. */
async function isGone({ ports, drill }: LiveScene): Promise<boolean | null> {
  try {
    const { drill: last } = await ports.state.loadController();
    return last?.id !== drill.id || !isOn(last, ports.clock.nowMs());
  } catch (error) {
    if (!isPortError(error)) throw error;
    return null;
  }
}

async function conclude(scene: LiveScene, watched: Watched): Promise<LiveDrillResult> {
  const { ports, drill } = scene;
  const { ending } = watched;
  const recorder = createRecorder(() => null, undefined);
  record(recorder, scene, watched);
  const measures = liveMeasures(scene, watched);
  const judgements = judge(scene, watched, measures, await isGone(scene));
  const verdict = judgements.every(({ holds }) => holds) ? 'pass' : 'fail';
  const endMs = ports.clock.nowMs();
  for (const { holds, text } of judgements)
    recorder.say(endMs, { area: 'verdict', event: holds ? 'holds' : 'fails', message: text });
  const title = `${drill.scenario} on ${drill.service}, live: ${verdict}`;
  recorder.say(endMs, { area: 'verdict', event: verdict, message: title });
  recorder.finish();
  const result: LiveDrillResult = {
    ...{ scenario: drill.scenario, mode: 'live', policy: drill.service, id: drill.id, verdict, measures },
    ended: { by: ending.by, atSeconds: secondsSince(drill.startedMs, ending.atMs), message: ending.message },
    underWay: underWay(scene, watched, endMs),
    timeline: recorder.timeline,
    decisions: recorder.decisions,
  };
  // Whoever asked may not have waited for the answer.
  ports.journal.write('warn', title, { ...result });
  return result;
}

/**
 * Begins the drill if everything speaks for it, watches it, ends it and says what came of it; or refuses by the request's
 * field. Whatever happens to this process, the drill is over at its expiry. Rejects with a PortError when what must be
 * known before it begins cannot be read.
 */
export async function runLive(spec: LiveSpec): Promise<Parsed<LiveDrillResult>> {
  const { ports, policy, request, id } = spec;
  const { service, scenario, abortWhen, expiresInSeconds } = request;
  const tooShort = expiryProblem(spec);
  if (tooShort !== null) return tooShort;
  const rest = await atRest(ports, policy, scenario);
  if (typeof rest === 'string') return refuseNow('service', rest);
  const regions = [rest.home.region, ...(spec.region === null ? [] : [spec.region])];
  const open = unguarded(await guardsOf(ports.alarms, regions, abortWhen), regions);
  if (open !== null) return refuseNow('abortWhen', open);
  const startedMs = ports.clock.nowMs();
  const untilMs = startedMs + expiresInSeconds * 1000;
  const drill: LiveDrill = { id, service, scenario, ...rest.home, targets: rest.targets, startedMs, untilMs };
  const scene: LiveScene = { ports, policy, drill, servers: rest.servers, abortWhen, regions };
  const refused = await begin(scene);
  if (refused !== null) return refused;
  ports.journal.write('warn', `live drill ${scenario} of ${service} begins`, { ...drill });
  try {
    return { ok: true, value: await conclude(scene, await watch(scene)) };
  } finally {
    // Also when something broke on the way: it is not left to its expiry.
    await undo(scene);
  }
}
