/** What a live drill measured, what is still under way after it, and whether it passed. Seconds count from its beginning. */
import type { DecisionView, ServiceResult } from '../controller/record.ts';
import { failbackWaitMs } from '../core/failback.ts';
import type { LiveScenario } from '../core/live-drill.ts';
import type { Area, Policy, ServiceState } from '../core/model.ts';
import { phaseOf } from '../core/state.ts';
import { detectionTimes } from '../policy/detection.ts';
import { healthyServers, type LiveScene, takenOut, type Watched } from './live-watch.ts';
import { type Measures, secondsSince } from './result.ts';
import type { Judgement } from './scenario.ts';

const areaOf = ({ drill }: LiveScene): Area => (drill.scenario === 'server-stops' ? 'health' : 'failover');

/** Seconds from the moment at which the controller can see the fault to the accepted change, at worst. */
export function answerSeconds(policy: Policy, scenario: LiveScenario): number {
  const path = scenario === 'server-stops' ? 'health' : 'failover';
  const detection = detectionTimes(policy).find((one) => one.path === path);
  return (detection?.actSeconds ?? 0) - (detection?.detectSeconds ?? 0);
}

/** Whether this is a change that answers the drill: a drilled target is taken out, or the record leaves the site. */
function answers({ drill }: LiveScene, { action }: DecisionView): boolean {
  if (action?.kind === 'moveDns') return action.to === 'secondary';
  return (
    drill.scenario === 'server-stops' &&
    action?.kind === 'deregisterTarget' &&
    drill.targets.includes(action.target.key)
  );
}

const QUIET: readonly string[] = ['HEALTHY', 'ON_PRIMARY'];

/** The times that the controller itself wrote down. */
export function liveMeasures(scene: LiveScene, { results, recoveredMs }: Watched): Measures {
  const { id, startedMs } = scene.drill;
  const seconds = (ms: number | undefined | null): number | null =>
    ms === undefined || ms === null ? null : secondsSince(startedMs, ms);
  const area = areaOf(scene);
  const counted = results.find(
    (one) => one.drill === id && one.decisions.some((d) => d.area === area && !QUIET.includes(d.reason)),
  );
  const decided = results.find((one) => one.decisions.some((d) => answers(scene, d)));
  const accepted = results.flatMap((one) => one.decisions).find((d) => d.applied && answers(scene, d));
  return {
    detectSeconds: seconds(counted?.decidedMs),
    decideSeconds: seconds(decided?.decidedMs),
    actSeconds: seconds(accepted?.appliedMs),
    recoverSeconds: seconds(recoveredMs),
    // Nobody counted them: unknown is not zero.
    requests: null,
    failedRequests: null,
  };
}

function recordUnderWay({ policy }: LiveScene, state: ServiceState): string[] {
  const { failover, service } = policy;
  const phase = phaseOf(state);
  if (failover === undefined || phase === 'primary') return [];
  if (phase !== 'secondary') return [`${service} is in state ${phase}: the record change is on its way to INSYNC`];
  const waitSeconds = failbackWaitMs({ failover, state }) / 1000;
  return [
    failover.failback.mode === 'manual'
      ? `${service} is on the secondary and stays there until you order "failback"`
      : `${service} is on the secondary and fails back when the primary has been good for ${waitSeconds} s`,
  ];
}

function targetsUnderWay({ policy }: LiveScene, state: ServiceState, nowMs: number): string[] {
  const { health } = policy;
  return Object.entries(state.health.ejected).map(([key, { id, atMs, times, replace }]) => {
    if (replace && id in state.health.replaced) return `${key} is out; the group replaces ${id}`;
    if (replace) return `${key} is out; ${id} is to be replaced, or taken back after ${health?.readmit.maxSeconds} s`;
    const { afterSeconds = 0, maxSeconds = 0 } = health?.readmit ?? {};
    const dueSeconds = Math.min(maxSeconds, afterSeconds * times) - secondsSince(atMs, nowMs);
    return `${key} is out and is registered again in ${Math.max(0, Math.ceil(dueSeconds))} s, by the controller`;
  });
}

/** What the controller still has to do, in words: the drill is over, its consequences are real. */
export function underWay(scene: LiveScene, { state, group, fleet }: Watched, nowMs: number): string[] {
  if (state === null) return ['the state could not be read: ask operate for "status"'];
  const raised = state.failover.standbyRaised;
  const serving = fleet?.instances.filter(({ lifecycle }) => lifecycle === 'InService').length ?? 0;
  const healthy = group === null ? null : healthyServers(group);
  return [
    ...recordUnderWay(scene, state),
    ...targetsUnderWay(scene, state, nowMs),
    ...state.pending.map(({ action }) => `${action.kind} waits to be confirmed`),
    ...(raised === null
      ? []
      : [`the standby stays at ${raised.to} and goes back to ${raised.from} after the failback wait`]),
    ...(fleet !== null && serving < fleet.desired ? [`${serving} of ${fleet.desired} instances are in service`] : []),
    ...(healthy !== null && healthy < scene.servers ? [`${healthy} of ${scene.servers} servers are healthy`] : []),
  ];
}

/** The last thing that was said in this area, and why its action was not applied. */
function lastWord(results: readonly ServiceResult[], area: Area): string {
  const said = results.flatMap(({ decisions }) => decisions.filter((d) => d.area === area)).at(-1);
  if (said === undefined) return 'the controller wrote down no decision';
  const undone = said.notApplied === undefined ? '' : ` (not applied: ${said.notApplied})`;
  return `the last that ${area} said was ${said.reason}: ${said.message}${undone}`;
}

/** The largest allowance that any decision went by; one target may always go. */
function allowed(results: readonly ServiceResult[]): number {
  const numbers = results.flatMap(({ decisions }) => decisions.map(({ numbers: { allowance } }) => allowance));
  return Math.max(1, ...numbers.filter((one) => typeof one === 'number'));
}

function recovered({ drill }: LiveScene, { results, recoveredMs }: Watched): Judgement {
  if (recoveredMs !== null)
    return { holds: true, text: `the service had recovered after ${secondsSince(drill.startedMs, recoveredMs)} s` };
  return { holds: false, text: `it was not seen to recover; ${lastWord(results, 'health')}` };
}

/** What passing means. `gone`: the drill is over, as the table says; `null`: it could not be read. */
export function judge(scene: LiveScene, watched: Watched, measures: Measures, gone: boolean | null): Judgement[] {
  const { drill } = scene;
  const { ending, results } = watched;
  const bound = answerSeconds(scene.policy, drill.scenario);
  const { actSeconds } = measures;
  const out = takenOut(results);
  const others = out.filter((key) => !drill.targets.includes(key));
  const most = allowed(results);
  const answer =
    actSeconds === null
      ? { holds: false, text: `nothing answered; ${lastWord(results, areaOf(scene))}` }
      : {
          holds: actSeconds <= bound,
          text: `the change was accepted after ${actSeconds} s; the numbers promise ${bound} s`,
        };
  return [
    { holds: ending.by === 'answer', text: ending.message },
    answer,
    { holds: out.length <= most, text: `targets taken out: ${out.length} of ${most} allowed` },
    {
      holds: others.length === 0,
      text: others.length === 0 ? 'nothing else was taken out' : `also taken out: ${others.join(', ')}`,
    },
    ...(ending.by === 'answer' ? [recovered(scene, watched)] : []),
    {
      holds: gone === true,
      text:
        gone === true
          ? 'the drill is over, as the table says'
          : `whether it is over could not be read: it is by itself at ${new Date(drill.untilMs).toISOString()}`,
    },
  ];
}
