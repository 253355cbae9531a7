/**
 * The outside of the controller as plain data: groups, targets, records and metrics behind its ports, a state in memory,
 * and a virtual clock. Every call takes 20 ms, is written down, and may be made to fail, to hang, or to bring something
 * about just before or after its effect.
 */
import { type Memory, newMemory } from '../../lib/controller/cycle.ts';
import type { Datapoint, DnsView, FleetView, Policy, ServiceState, TargetGroupView } from '../../lib/core/model.ts';
import { type DecisionRecord, PortError, type PortErrorKind, type Ports, type StatePort } from '../../lib/ports.ts';
import { createClock, type Sleeper } from '../../lib/sim/clock.ts';
import { memoryState } from '../../lib/sim/state-memory.ts';
import { dnsOf, fleetOf, groupIn, groupOf, instance, policyOf, T0, target } from '../core/builders.ts';

export const WEB = policyOf({ notify: { topicArn: 'arn:aws:sns:ap-northeast-1:111122223333:on-call' } });
export const SEOUL = 'ap-northeast-2';
export const TOKYO = 'ap-northeast-1';
const LATENCY_MS = 20;
const METRIC_DELAY_MS = 60_000;

/** As many services as asked for, each with a fleet, targets, a standby and a record of its own. */
export function services(count: number, changes: Parameters<typeof policyOf>[0] = {}): Policy[] {
  return Array.from({ length: count }, (_, n) => {
    const name = `s${n}`;
    const own = policyOf({
      service: name,
      fleet: { autoScalingGroup: `${name}-group` },
      health: { targetGroup: `${name}-targets` },
      failover: {
        record: { name: `${name}.example.com` },
        primary: { targetGroup: `${name}-targets` },
        secondary: { targetGroup: `${name}-standby`, autoScalingGroup: `${name}-standby-group` },
      },
    });
    return { ...own, ...(changes as Partial<Policy>) };
  });
}

interface Call {
  readonly call: string;
  readonly atMs: number;
  readonly args: readonly unknown[];
}

/** What happens to calls of that name, `times` times (once unless told otherwise). */
export interface Twist {
  readonly call: string;
  times?: number;
  readonly when?: (args: readonly unknown[]) => boolean;
  readonly before?: () => void;
  readonly after?: () => void;
  /** Rejects with this; `afterEffect`: what was asked for happens all the same. */
  readonly error?: Error;
  readonly afterEffect?: boolean;
  readonly hangs?: boolean;
  /** The answer takes so much longer. */
  readonly lateMs?: number;
}

export const portError = (kind: PortErrorKind, message = `${kind} on purpose`): PortError =>
  new PortError(kind, message);

const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

/** What there is in AWS, by name. Tests change it as a person or a fault would. */
function outsideOf(policies: readonly Policy[]) {
  const fleets = new Map<string, FleetView>();
  const groups = new Map<string, TargetGroupView>();
  const records = new Map<string, DnsView>();
  for (const { fleet, health, failover } of policies) {
    if (fleet !== undefined) fleets.set(fleet.autoScalingGroup, fleetOf(2, { name: fleet.autoScalingGroup }));
    if (health !== undefined) groups.set(health.targetGroup, groupIn('healthy', 'healthy'));
    if (failover === undefined) continue;
    const { autoScalingGroup: standby, targetGroup } = failover.secondary;
    groups.set(failover.primary.targetGroup, groupIn('healthy', 'healthy'));
    groups.set(targetGroup, groupOf([target('i-91')]));
    if (standby !== undefined) fleets.set(standby, fleetOf(1, { name: standby, instances: [instance('i-91')] }));
    records.set(failover.record.name, dnsOf(100, 0));
  }
  return {
    fleets,
    groups,
    records,
    refreshing: new Set<string>(),
    scalers: new Map<string, string[]>(),
    changes: new Map<string, 'PENDING' | 'INSYNC'>(),
    probes: new Map<string, boolean>(),
    /** How many target groups of a region may be read at once. */
    readsLeft: 1000,
    /** The value of every datapoint. */
    load: 80,
    notices: [] as { subject: string; message: string }[],
    journal: [] as { level: string; message: string; fields: Readonly<Record<string, unknown>> }[],
    counts: [] as { metric: string; value: number }[],
    stored: [] as DecisionRecord[],
  };
}
type Outside = ReturnType<typeof outsideOf>;

function points(fromMs: number, toMs: number, nowMs: number, value: number): Datapoint[] {
  const found: Datapoint[] = [];
  for (let startMs = Math.ceil(fromMs / 60_000) * 60_000; startMs < toMs; startMs += 60_000)
    if (startMs + 60_000 + METRIC_DELAY_MS <= nowMs) found.push({ startMs, value });
  return found;
}

const notFound = (what: string): PortError => portError('NotFound', `${what} does not exist`);

function known<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw notFound(name);
  return value;
}

type Via = <T>(call: string, args: readonly unknown[], effect: () => T | Promise<T>) => Promise<T>;

function awsPorts(out: Outside, via: Via, nowMs: () => number): Omit<Ports, 'clock' | 'state' | 'journal'> {
  const setFleet = (name: string, changes: Partial<FleetView>): void => {
    out.fleets.set(name, { ...known(out.fleets, name), ...changes });
  };
  const setTarget = (name: string, key: string, state: TargetGroupView['targets'][number] | null): void => {
    const group = known(out.groups, name);
    const others = group.targets.filter((t) => t.key !== key);
    out.groups.set(name, { ...group, targets: state === null ? others : [...others, state] });
  };
  return {
    fleet: {
      describe: (region, names) =>
        via('fleet.describe', [region, names], () => {
          const found = names.flatMap((n): [string, FleetView][] => {
            const view = out.fleets.get(n);
            return view === undefined ? [] : [[n, view]];
          });
          return new Map(found);
        }),
      isRefreshing: (region, name) => via('fleet.isRefreshing', [region, name], () => out.refreshing.has(name)),
      otherScalers: (region, fleets) =>
        via(
          'fleet.otherScalers',
          [region, fleets],
          () => new Map(fleets.map((f) => [f.name, out.scalers.get(f.name) ?? []])),
        ),
      setCapacity: (region, name, capacity) =>
        via('fleet.setCapacity', [region, name, capacity], () => setFleet(name, { desired: capacity })),
      setSize: (region, name, size) => via('fleet.setSize', [region, name, size], () => setFleet(name, size)),
      replaceInstance: (region, id) =>
        via('fleet.replaceInstance', [region, id], () => {
          for (const [name, view] of out.fleets)
            setFleet(name, { instances: view.instances.map((i) => (i.id === id ? { ...i, healthy: false } : i)) });
        }),
    },
    targets: {
      readsLeft: () => out.readsLeft,
      describe: (region, group) => via('targets.describe', [region, group], () => known(out.groups, group)),
      deregister: (region, group, { id, port }) =>
        via('targets.deregister', [region, group, id, port], () =>
          setTarget(group, `${id}:${port}`, target(`${id}:${port}`, 'draining')),
        ),
      register: (region, group, { id, port }) =>
        via('targets.register', [region, group, id, port], () =>
          setTarget(group, `${id}:${port}`, target(`${id}:${port}`, 'initial')),
        ),
    },
    metrics: {
      read: (region, queries, fromMs, toMs) =>
        via(
          'metrics.read',
          [region, queries, fromMs, toMs],
          () => new Map(queries.map((q) => [q.id, points(fromMs, toMs, nowMs(), out.load)])),
        ),
    },
    dns: {
      read: (zone, name) => via('dns.read', [zone, name], () => known(out.records, name)),
      move: (zone, sets, weights, comment) =>
        via('dns.move', [zone, sets, weights, comment], () => {
          const name = [...out.records].find(([, view]) => view.sets === sets)?.[0];
          if (name === undefined) throw portError('Conflict', 'a record set is no longer what it was');
          const { seoul = 0, tokyo = 0 } = weights;
          out.records.set(name, dnsOf(seoul, tokyo));
          return { changeId: `C${out.changes.size + 1}-${name}` };
        }),
      changeStatus: (id) => via('dns.changeStatus', [id], () => out.changes.get(id) ?? 'INSYNC'),
    },
    alarms: { states: (region, names) => via('alarms.states', [region, names], () => new Map()) },
    probe: { probe: (url) => via('probe', [url], () => out.probes.get(url) ?? true) },
    notify: {
      publish: (topic, subject, message) =>
        via('notify.publish', [topic, subject], () => {
          out.notices.push({ subject, message });
        }),
    },
  };
}

function statePorts(out: Outside, table: StatePort, via: Via): StatePort {
  return {
    ...table,
    load: (names) => via('state.load', [names], () => table.load(names)),
    loadController: () => via('state.loadController', [], () => table.loadController()),
    save: (state) => via('state.save', [state], () => table.save(state)),
    log: (records) =>
      via('state.log', [records], () => {
        out.stored.push(...records);
        return table.log(records);
      }),
    takeLease: (...args) => via('state.takeLease', args, () => table.takeLease(...args)),
    renewLease: (...args) => via('state.renewLease', args, () => table.renewLease(...args)),
    endLease: (...args) => via('state.endLease', args, () => table.endLease(...args)),
    charge: (...args) => via('state.charge', args, () => table.charge(...args)),
    releaseReplacement: (id) => via('state.releaseReplacement', [id], () => table.releaseReplacement(id)),
    releaseFailback: (service) => via('state.releaseFailback', [service], () => table.releaseFailback(service)),
  };
}

/** One process of the controller: its ports, its memory, and the handle by which it is frozen or killed. */
export interface Process {
  readonly ports: Ports;
  readonly memory: Memory;
  readonly sleeper: Sleeper;
}

/** Calls that change what belongs to a user. */
const WRITES = /^(fleet\.set|fleet\.replace|targets\.(de)?register|dns\.move)/;

export function lab(policies: readonly Policy[] = [WEB], startMs: number = T0) {
  const clock = createClock(startMs, settled);
  const out = outsideOf(policies);
  const table = memoryState();
  const calls: Call[] = [];
  const twists: Twist[] = [];

  const make = (): Process => {
    const sleeper: Sleeper = { pausedUntilMs: 0, killed: false };
    const own = clock.of(sleeper);
    const via: Via = async (call, args, effect) => {
      calls.push({ call, atMs: clock.nowMs(), args });
      const twist = twists.find((t) => t.call === call && (t.times ?? 1) > 0 && (t.when?.(args) ?? true));
      if (twist !== undefined) twist.times = (twist.times ?? 1) - 1;
      if (twist?.hangs === true) await new Promise(() => undefined);
      twist?.before?.();
      await own.sleep(LATENCY_MS);
      if (twist?.error !== undefined && twist.afterEffect !== true) throw twist.error;
      const value = await effect();
      twist?.after?.();
      if (twist?.lateMs !== undefined) await own.sleep(twist.lateMs);
      // The answer has its own way to go: a process that is frozen now does not see it yet.
      await own.sleep(1);
      if (twist?.error !== undefined) throw twist.error;
      return value;
    };
    const ports: Ports = {
      ...awsPorts(out, via, clock.nowMs),
      clock: own,
      state: statePorts(out, table, via),
      journal: {
        write: (level, message, fields) => out.journal.push({ level, message, fields }),
        count: (metric, value) => out.counts.push({ metric, value }),
      },
    };
    return { ports, memory: newMemory(), sleeper };
  };

  return {
    clock,
    out,
    table,
    calls,
    twists,
    process: make,
    /** Names of the calls since `fromMs`, reads and writes. */
    count: (call: string, fromMs = 0): number => calls.filter((c) => c.call === call && c.atMs >= fromMs).length,
    writes: (fromMs = 0): string[] => calls.filter((c) => WRITES.test(c.call) && c.atMs >= fromMs).map((c) => c.call),
    stateOf: async (service: string): Promise<ServiceState> => {
      const state = (await table.load([service])).states.get(service);
      if (state === undefined) throw new Error(`${service} has no state`);
      return state;
    },
    /** What the lease says of the last round of each service. */
    lastRounds: async (): Promise<Record<string, number>> =>
      Object.fromEntries((await table.loadController()).lease?.rounds ?? []),
    /** Lets time pass until the promise is done, at most that long. */
    async until<T>(promise: Promise<T>, withinMs = 120_000): Promise<T> {
      let answer: { value: T } | { error: unknown } | null = null;
      promise.then(
        (value) => {
          answer = { value };
        },
        (error: unknown) => {
          answer = { error };
        },
      );
      const endMs = clock.nowMs() + withinMs;
      const get = (): typeof answer => answer;
      while (get() === null && clock.nowMs() < endMs) await clock.run(clock.nowMs() + 50);
      const done = get() as { value: T } | { error: unknown } | null;
      if (done === null) throw new Error(`nothing came of it within ${withinMs} ms`);
      if ('error' in done) throw done.error;
      return done.value;
    },
  };
}
export type Lab = ReturnType<typeof lab>;
