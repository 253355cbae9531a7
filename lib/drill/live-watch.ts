/** Watches the production controller answer a live drill, and ends the drill as soon as there is a reason to. */
import { isPortError } from '../controller/reading.ts';
import type { ServiceResult } from '../controller/record.ts';
import { deploymentSigns } from '../core/interlocks.ts';
import { isOn, type LiveDrill } from '../core/live-drill.ts';
import type { FleetView, Policy, ServiceState, TargetGroupView } from '../core/model.ts';
import { phaseOf } from '../core/state.ts';
import { classify } from '../core/targets.ts';
import type { Loaded, Ports } from '../ports.ts';
import { guardsOf, unguarded } from './live-alarms.ts';
import { serversOf } from './live-start.ts';

/** While the drill is on: often, so that it is on no longer than it must be. */
const GLANCE_MS = 1000;
/** Alarms and AWS are asked this often; and the table, once the drill is over and only recovery is awaited. */
const CHECK_MS = 5000;
/** The controller's clock may be this much behind ours. */
const SKEW_MS = 5000;
/** Who has seen nothing for this long does not go on blindly. */
const BLIND_MS = 15_000;

/** Why the drill ended: its answer came, or something came before it. */
export interface Ending {
  readonly by: 'answer' | 'expiry' | 'alarm' | 'trouble' | 'deployment' | 'order' | 'blind';
  readonly atMs: number;
  readonly message: string;
}

export interface LiveScene {
  readonly ports: Ports;
  readonly policy: Policy;
  readonly drill: LiveDrill;
  /** Servers at home before it began, all of them healthy. */
  readonly servers: number;
  readonly abortWhen: readonly string[];
  /** Where alarms are looked for. */
  readonly regions: readonly string[];
}

/** What was seen, the last of it last. */
export interface Watched {
  readonly ending: Ending;
  /** When the service was as good as before: as many healthy servers, or the record on the secondary. */
  readonly recoveredMs: number | null;
  /** Every cycle's stored result since the drill began, oldest first. */
  readonly results: readonly ServiceResult[];
  readonly state: ServiceState | null;
  readonly group: TargetGroupView | null;
  readonly fleet: FleetView | null;
}

interface Sight {
  loaded: Loaded | null;
  results: readonly ServiceResult[];
  group: TargetGroupView | null;
  fleet: FleetView | null;
  refreshing: boolean;
  /** Why an alarm is no guard any more. */
  alarm: string | null;
  /** When the table, the alarms and the home site were last read. */
  glancedMs: number;
  guardedMs: number;
  checkedMs: number;
}

/** Runs it and returns whether it succeeded: what the world may do leaves the last sight as it was. */
async function tried(look: () => Promise<void>): Promise<boolean> {
  try {
    await look();
    return true;
  } catch (error) {
    if (!isPortError(error)) throw error;
    return false;
  }
}

/** The table: the service's state, and what its cycles have decided. */
async function glance({ ports, drill }: LiveScene, sight: Sight): Promise<void> {
  const [loaded, records] = await Promise.all([
    ports.state.load([drill.service]),
    ports.state.decisions(drill.service, drill.startedMs - SKEW_MS),
  ]);
  sight.loaded = loaded;
  // A record's body is what the controller concluded: lib/controller/record.ts.
  const results = records.map(({ body }) => body as unknown as ServiceResult);
  sight.results = results.filter((one) => one.drill === drill.id || one.decidedMs >= drill.startedMs);
  sight.glancedMs = ports.clock.nowMs();
}

/** The alarms. By themselves: trouble with reading anything else must not hide them. */
async function guard({ ports, abortWhen, regions }: LiveScene, sight: Sight): Promise<void> {
  sight.alarm = unguarded(await guardsOf(ports.alarms, regions, abortWhen), regions);
  sight.guardedMs = ports.clock.nowMs();
}

/** The home site as it really is. */
async function check({ ports, policy, drill }: LiveScene, sight: Sight): Promise<void> {
  const name = policy.fleet?.autoScalingGroup;
  const [group, fleets, refreshing] = await Promise.all([
    ports.targets.describe(drill.region, drill.targetGroup),
    name === undefined ? undefined : ports.fleet.describe(policy.region, [name]),
    name === undefined ? false : ports.fleet.isRefreshing(policy.region, name),
  ]);
  sight.group = group;
  sight.fleet = (name === undefined ? undefined : fleets?.get(name)) ?? null;
  sight.refreshing = refreshing;
  sight.checkedMs = ports.clock.nowMs();
}

/** Servers with a healthy target, as AWS says. */
export function healthyServers({ targets }: TargetGroupView): number {
  return serversOf(targets.filter(({ state }) => state === 'healthy')).length;
}

/** The keys that were taken out of the target group since the drill began. */
export function takenOut(results: readonly ServiceResult[]): string[] {
  const keys = results.flatMap(({ decisions }) =>
    decisions.flatMap(({ action, applied }) =>
      applied && action?.kind === 'deregisterTarget' ? [action.target.key] : [],
    ),
  );
  return [...new Set(keys)];
}

const movedAway = (results: readonly ServiceResult[]): boolean =>
  results.some(({ decisions }) =>
    decisions.some(({ action, applied }) => applied && action?.kind === 'moveDns' && action.to === 'secondary'),
  );

/** The answer is there when the service no longer depends on what seems to fail: it is out, or the record moved away. */
function isAnswered({ drill }: LiveScene, { results }: Sight): boolean {
  const out = takenOut(results);
  const allOut = drill.scenario === 'server-stops' && drill.targets.every((key) => out.includes(key));
  return allOut || movedAway(results);
}

/** Why the record will not move however long one waits, in the controller's words; `undefined`: it may. */
function stuck({ drill }: LiveScene, { results }: Sight): string | undefined {
  if (drill.scenario !== 'targets-fail') return undefined;
  const decisions = results.at(-1)?.decisions ?? [];
  return decisions.find(
    ({ reason, action, notApplied = '' }) =>
      reason === 'BOTH_BAD' ||
      reason === 'OTHER_UNKNOWN' ||
      (action?.kind === 'moveDns' && /^(DENIED|NOT_FOUND)\b/.test(notApplied)),
  )?.message;
}

function endingOf(scene: LiveScene, sight: Sight, nowMs: number): Ending | null {
  const { drill } = scene;
  const end = (by: Ending['by'], message: string): Ending => ({ by, atMs: nowMs, message });
  const { loaded, group, fleet } = sight;
  const state = loaded?.states.get(drill.service);
  if (isAnswered(scene, sight)) return end('answer', 'the controller answered: the drill is over');
  if (nowMs >= drill.untilMs) return end('expiry', 'it expired before the controller answered');
  if (sight.alarm !== null) return end('alarm', sight.alarm);
  const ill = group?.targets.filter((target) => classify(target, false) === 'failing') ?? [];
  if (ill.length > 0)
    return end('trouble', `${ill.map(({ key }) => key).join(', ')} really fails: this is no time for a drill`);
  const why = stuck(scene, sight);
  if (why !== undefined) return end('trouble', `the record cannot be moved: ${why}`);
  const sign = fleet === null ? undefined : deploymentSigns(fleet, state);
  if (sight.refreshing || sign !== undefined)
    return end('deployment', `a deployment has begun: ${sign === undefined ? 'instance refresh' : `instance ${sign}`}`);
  if (loaded?.frozen === true) return end('order', 'everything was frozen by hand');
  if (state?.orders.hold !== undefined) return end('order', `${drill.service} was held by hand`);
  if (loaded !== null && (loaded.drill?.id !== drill.id || !isOn(loaded.drill, nowMs)))
    return end('order', 'it was stopped by hand');
  if (nowMs - Math.min(sight.glancedMs, sight.guardedMs, sight.checkedMs) > BLIND_MS)
    return end(
      'blind',
      `the table, the alarms or the site could not be read for ${BLIND_MS / 1000} s: a drill does not go on unwatched`,
    );
  return null;
}

/** Whether things are as good as before the drill; the servers taken out count when they are back, or gone and replaced. */
function isRecovered({ drill, servers }: LiveScene, { loaded, results, group }: Sight): boolean {
  const state = loaded?.states.get(drill.service);
  if (state === undefined) return false;
  if (movedAway(results)) return phaseOf(state) === 'secondary';
  if (group === null || state.pending.length > 0 || drill.targets.some((key) => key in state.health.ejected))
    return false;
  // Servers, not targets: a group registers what it launches on the target group's own port only.
  return healthyServers(group) >= servers;
}

/** Ends the drill in the table, tried until it is over by itself. Rejects only for a bug. */
export async function undo({ ports, drill }: LiveScene): Promise<void> {
  while (!(await tried(() => ports.state.endDrill(drill.id, ports.clock.nowMs())))) {
    if (ports.clock.nowMs() >= drill.untilMs) return;
    await ports.clock.sleep(GLANCE_MS);
  }
}

/**
 * Watches until the service has recovered, or the drill's time is up; after any other end than an answer it does not
 * wait. The drill has ended when this resolves.
 */
export async function watch(scene: LiveScene): Promise<Watched> {
  const { clock } = scene.ports;
  const { drill } = scene;
  const sight: Sight = {
    ...{ loaded: null, results: [], group: null, fleet: null, refreshing: false, alarm: null },
    ...{ glancedMs: drill.startedMs, guardedMs: drill.startedMs, checkedMs: drill.startedMs },
  };
  let ending: Ending | null = null;
  let recoveredMs: number | null = null;
  let nextCheckMs = drill.startedMs;
  while (recoveredMs === null) {
    const looks = [tried(() => glance(scene, sight))];
    if (clock.nowMs() >= nextCheckMs) {
      nextCheckMs = clock.nowMs() + CHECK_MS;
      looks.push(tried(() => check(scene, sight)));
      if (ending === null) looks.push(tried(() => guard(scene, sight)));
    }
    await Promise.all(looks);
    if (ending === null) {
      ending = endingOf(scene, sight, clock.nowMs());
      if (ending !== null) await undo(scene);
    }
    if (ending !== null && ending.by !== 'answer') break;
    if (ending !== null && isRecovered(scene, sight)) recoveredMs = clock.nowMs();
    else if (clock.nowMs() >= drill.untilMs) break;
    else await clock.sleep(ending === null ? GLANCE_MS : CHECK_MS);
  }
  const { loaded, results, group, fleet } = sight;
  const last = ending as Ending;
  return { ending: last, recoveredMs, results, state: loaded?.states.get(drill.service) ?? null, group, fleet };
}
