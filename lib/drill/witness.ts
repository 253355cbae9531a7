/** Shows an auditor what really happens in a simulated world, in the terms of `core/invariants-evidence.ts`. */
import type { Evidence, ReadApi } from '../core/invariants-evidence.ts';
import type { Policy, SiteName } from '../core/model.ts';
import { TO_HEAL } from '../core/replacements.ts';
import type { Fault } from '../sim/faults.ts';
import type { HistoryEvent, WriteEvent } from '../sim/history.ts';
import { normalName } from '../sim/names.ts';
import type { World } from '../sim/world.ts';
import type { Asked } from './changes.ts';
import { type Hindrances, isHindered, noteHindrance } from './hindrances.ts';
import { titleOf } from './sandboxes.ts';

type Show = (evidence: Evidence) => void;
interface Subject {
  readonly policy: Policy;
  readonly sites: readonly SiteName[];
}

/** Faults after which the world is not what the history of events alone tells. */
interface Standing {
  readonly lostRegions: Set<string>;
  readonly refreshes: { readonly service: string; readonly untilMs: number }[];
  /** Of the primary's group, by service: the scalers that were set up, and the processes that are suspended. */
  readonly scalers: Map<string, ReadonlySet<Scaler>>;
  readonly suspended: Map<string, readonly string[]>;
  readonly hindrances: Hindrances;
}

type Scaler = Extract<Fault, { kind: 'scaler' }>['scaler'];
/**
 * The process without which a scaler does nothing; predictive scaling needs none.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/suspend-resume-considerations.html
 */
const PROCESS_OF: Readonly<Record<Scaler, string | null>> = {
  policy: 'AlarmNotification',
  schedule: 'ScheduledActions',
  predictive: null,
};

/** Whether something else scales the primary's group. */
function isScaled({ scalers, suspended }: Standing, service: string): boolean {
  const idle = suspended.get(service) ?? [];
  return [...(scalers.get(service) ?? [])].some((one) => !idle.includes(PROCESS_OF[one] ?? ''));
}

function showStart(world: World, { policy, sites }: Subject, show: Show): void {
  const { service } = policy;
  const at = { atMs: world.clock.nowMs(), service };
  const view = world.view(service);
  for (const site of sites) {
    const group = view[site]?.group ?? null;
    if (group !== null) {
      const { minSize, maxSize, desired } = group;
      show({ ...at, kind: 'group', site, minSize, maxSize, desired });
    }
    for (const id of world.place(service, site).instanceIds)
      show({ ...at, kind: 'instance', site, id, lifecycle: 'InService' });
    for (const [key, { state }] of world.targets(service, site))
      show({ ...at, kind: 'target', site, key, state, reason: undefined });
  }
  if (policy.failover === undefined) return;
  show({ ...at, kind: 'recorded', weights: view.weights.recorded });
  show({ ...at, kind: 'served', weights: view.weights.served });
}

/** Has a look at one service, or at all. */
export type Look = (service?: string) => void;

/** Shows reachability, refreshes and other scalers whenever they differ from what was shown last. */
function createLook(world: World, subjects: readonly Subject[], standing: Standing, show: Show): Look {
  const places = new Map(
    subjects.map((subject) => {
      const { service } = subject.policy;
      const sites = subject.sites.map((site) => ({
        site,
        region: world.place(service, site).region,
        shown: null as { readonly readable: boolean; readonly answering: boolean } | null,
      }));
      return [service, { ...subject, sites, refreshing: false, scaled: false, suspended: false, hindered: false }];
    }),
  );
  type Place = typeof places extends Map<string, infer P> ? P : never;
  const lookAt = (place: Place, atMs: number): void => {
    const { policy, sites } = place;
    const { service } = policy;
    for (const one of sites) {
      const lost = standing.lostRegions.has(one.region);
      const readable = !lost && world.isReadable(one.region);
      const answering = !world.isProbed(service) || (!lost && world.isAnswering(service, one.site));
      if (one.shown?.readable === readable && one.shown.answering === answering) continue;
      one.shown = { readable, answering };
      show({ atMs, service, site: one.site, kind: 'reach', readable, answering });
    }
    const refreshing = standing.refreshes.some((one) => one.service === service && atMs < one.untilMs);
    if (refreshing !== place.refreshing) show({ atMs, service, kind: 'deployment', active: refreshing });
    place.refreshing = refreshing;
    const scaled = isScaled(standing, service);
    if (scaled !== place.scaled) show({ atMs, service, kind: 'scaler', active: scaled });
    place.scaled = scaled;
    const suspended = TO_HEAL.some((process) => standing.suspended.get(service)?.includes(process));
    if (suspended !== place.suspended) show({ atMs, service, kind: 'suspended', active: suspended });
    place.suspended = suspended;
    const hindered = isHindered(standing.hindrances, [service, ...sites.map(({ region }) => region)]);
    if (hindered !== place.hindered) show({ atMs, service, kind: 'hindered', active: hindered });
    place.hindered = hindered;
  };
  return (service) => {
    const atMs = world.clock.nowMs();
    const chosen = service === undefined ? [...places.values()] : [places.get(service)];
    for (const place of chosen) if (place !== undefined) lookAt(place, atMs);
  };
}

const READ_APIS = ['auto-scaling', 'elbv2', 'cloudwatch', 'route53'] as const satisfies readonly ReadApi[];

/** How long after a fault began it still works, and on what. */
function troubleOf(fault: Fault, atMs: number, home: string): Extract<Evidence, { kind: 'trouble' }> {
  const until = (seconds: number): number => atMs + seconds * 1000;
  const base = { atMs, kind: 'trouble' as const, ...('service' in fault ? { only: fault.service } : {}) };
  switch (fault.kind) {
    case 'api': {
      const api = READ_APIS.find((one) => one === fault.api);
      const old = { with: 'stale' as const, ...(api === undefined ? {} : { api }) };
      return { ...base, ...(fault.how === 'stale' ? old : { with: 'readings' }), untilMs: until(fault.forSeconds) };
    }
    case 'events':
      return { ...base, with: 'functions', untilMs: until(fault.forSeconds + fault.seconds) };
    case 'pause':
      // One that waits for its call is shown again when it strikes.
      return { ...base, with: 'functions', untilMs: fault.atCall === undefined ? until(fault.seconds) : atMs };
    case 'crash':
      return { ...base, with: 'functions', untilMs: atMs };
    case 'region':
      return { ...base, with: fault.region === home ? 'functions' : 'world', untilMs: atMs };
    case 'flapping':
      return { ...base, with: 'world', untilMs: until(fault.forSeconds) };
    case 'refresh':
      return { ...base, with: 'world', untilMs: until(fault.seconds) };
    case 'person': {
      const ofRecord = fault.edit === 'weights' || fault.edit === 'record';
      return { ...base, with: ofRecord ? 'record' : 'world', untilMs: atMs };
    }
    default:
      return { ...base, with: 'world', untilMs: atMs };
  }
}

/** Notes what stands from now on; returns when it ends by itself, if it does. */
function note(standing: Standing, fault: Fault, atMs: number): number | null {
  noteHindrance(standing.hindrances, fault);
  if (fault.kind === 'region') {
    if (fault.lost) standing.lostRegions.add(fault.region);
    else standing.lostRegions.delete(fault.region);
  } else if (fault.kind === 'refresh' && fault.site === 'primary') {
    const untilMs = atMs + fault.seconds * 1000;
    standing.refreshes.push({ service: fault.service, untilMs });
    return untilMs;
  } else if (fault.kind === 'scaler' && fault.site === 'primary') {
    const others = [...(standing.scalers.get(fault.service) ?? [])].filter((one) => one !== fault.scaler);
    standing.scalers.set(fault.service, new Set(fault.present ? [...others, fault.scaler] : others));
  } else if (fault.kind === 'suspend' && fault.site === 'primary') {
    standing.suspended.set(fault.service, fault.processes);
  } else if (fault.kind === 'api') return atMs + fault.forSeconds * 1000;

  return null;
}

function showWrite(event: WriteEvent, asked: Asked, show: Show): void {
  const { atMs, caller, sentMs, effectMs } = event;
  for (const change of asked.changes) {
    show({ kind: 'write', atMs, service: asked.service, caller, sentMs, effectMs, change });
  }
}

function aboutRecord(
  subjects: readonly Subject[],
  event: HistoryEvent & { kind: 'dns-change' | 'dns-insync' },
): Evidence[] {
  const { atMs, weights } = event;
  const kind = event.kind === 'dns-change' ? 'recorded' : 'served';
  const name = normalName(event.name);
  return subjects
    .filter(({ policy }) => normalName(policy.failover?.record.name ?? '') === name)
    .map(({ policy }) => ({ atMs, kind, service: policy.service, weights }));
}

/** The longest drift that counts: what is further off than after an hour is not left alone. */
const DRIFT_SECONDS = 3600;

function aboutFault({ atMs, fault }: HistoryEvent & { kind: 'fault' }, home: string): Evidence[] {
  const trouble = troubleOf(fault, atMs, home);
  if (fault.kind === 'clock') {
    const offMs = Math.abs(fault.stepMs) + Math.abs(fault.driftPpm * DRIFT_SECONDS) / 1000;
    return [
      { atMs, kind: 'clock', offMs },
      { ...trouble, with: 'functions' },
    ];
  }
  // Without its table the controller neither sees nor acts.
  if (fault.kind === 'api' && (fault.api ?? 'dynamodb') === 'dynamodb')
    return [trouble, { ...trouble, with: 'functions' }];
  return [trouble];
}

/** One event as evidence, where it is any; what a fault does comes as events of its own. */
function evidenceOf(subjects: readonly Subject[], event: HistoryEvent, home: string): Evidence[] {
  const { atMs } = event;
  switch (event.kind) {
    case 'group': {
      const { service, site, minSize, maxSize, to } = event;
      return [{ atMs, kind: 'group', service, site, minSize, maxSize, desired: to }];
    }
    case 'instance':
      return [{ atMs, kind: 'instance', service: event.service, site: event.site, id: event.id, lifecycle: event.to }];
    case 'target': {
      const { service, site, key, to, reason } = event;
      return [{ atMs, kind: 'target', service, site, key, state: to, reason }];
    }
    case 'datapoint': {
      const { service, signal, startMs, value } = event;
      return [{ atMs, kind: 'datapoint', service, signal, startMs, value }];
    }
    case 'dns-change':
    case 'dns-insync':
      return aboutRecord(subjects, event);
    case 'invocation': {
      // When it strikes, not when it was ordered: it may wait for a call.
      const strikes = event.phase === 'paused' || event.phase === 'crashed';
      const untilMs = atMs + (event.seconds ?? 0) * 1000;
      return strikes ? [{ atMs, kind: 'trouble', with: 'functions', untilMs }] : [];
    }
    case 'notification':
      // The subject names the service (lib/controller/cycle.ts): several may share a topic.
      return subjects
        .filter(({ policy }) => event.subject.startsWith(`evenkeel ${policy.service}:`))
        .map(({ policy }) => ({ atMs, kind: 'notification', service: policy.service, title: titleOf(event.subject) }));
    case 'fault':
      return aboutFault(event, home);
    default:
      return [];
  }
}

/**
 * Begins to watch the world for `show`. Returns the way to have a look at what no event tells (whether a site answers);
 * it is to be called now and then, such as after each cycle.
 */
export function watchWorld(
  world: World,
  policies: readonly Policy[],
  read: (write: WriteEvent) => Asked,
  show: Show,
): Look {
  const subjects = policies.map(
    (policy): Subject => ({
      policy,
      sites: policy.failover === undefined ? ['primary'] : ['primary', 'secondary'],
    }),
  );
  const standing: Standing = {
    lostRegions: new Set(),
    refreshes: [],
    scalers: new Map(),
    suspended: new Map(),
    hindrances: new Map(),
  };
  for (const subject of subjects) showStart(world, subject, show);
  const look = createLook(world, subjects, standing, show);
  look();
  world.history.listen((event) => {
    if (event.kind === 'write') showWrite(event, read(event), show);
    else for (const evidence of evidenceOf(subjects, event, world.home)) show(evidence);
    const untilMs = event.kind === 'fault' ? note(standing, event.fault, event.atMs) : null;
    if (untilMs !== null) void world.clock.sleep(untilMs - event.atMs).then(() => look());
    // A fault befalls one server after the other, and is told before: a site that answers no more does so a moment later.
    if (event.kind === 'fault' || event.kind === 'traffic') void world.clock.sleep(1).then(() => look());
    if (event.kind === 'fault') look();
    else if ('service' in event) look(event.service);
  });
  return look;
}
