/**
 * A small world for sequences of rounds: a group and a target group that do what they are told, some rounds late, under
 * whatever faults are drawn. It knows nothing of the controller: the simulator is for that; this is to let `decide` meet
 * its own consequences a thousand times over in a second.
 */
import type {
  Action,
  Datapoint,
  FleetView,
  InstanceView,
  Observation,
  Policy,
  TargetGroupView,
  TargetState,
} from '../../lib/core/model.ts';
import { MINUTE } from '../core/builders.ts';

interface Server {
  readonly id: string;
  /** Rounds until it is in service, then until its target has passed its first checks. */
  boot: number;
  sick: boolean;
  /** Rounds until it is gone, once it is on its way out. */
  leaving: number | null;
  target: TargetState | null;
}

export interface SmallWorld {
  readonly servers: Server[];
  minSize: number;
  maxSize: number;
  desired: number;
  launched: number;
  /** Requests to be served, in the unit of the signal. */
  load: number;
  /** Servers in service in each round since the last full minute. */
  readonly serving: number[];
  readonly points: Datapoint[];
}

const BOOT_ROUNDS = 14;
const CHECK_ROUNDS = 2;
const LEAVE_ROUNDS = 3;

function server(world: SmallWorld, boot: number): Server {
  world.launched += 1;
  return { id: `i-${world.launched}`, boot, sick: false, leaving: null, target: boot > 0 ? null : 'healthy' };
}

export function smallWorld(count: number, load: number, maxSize = 20): SmallWorld {
  const world: SmallWorld = {
    servers: [],
    minSize: 0,
    maxSize,
    desired: count,
    launched: 0,
    load,
    serving: [],
    points: [],
  };
  for (let n = 0; n < count; n += 1) world.servers.push(server(world, 0));
  return world;
}

const inService = (s: Server): boolean => s.boot <= CHECK_ROUNDS && s.leaving === null;

/** One round goes by: servers boot, are checked, leave, and are launched where the group wants more. */
export function passRound(world: SmallWorld, atMs: number): void {
  world.serving.push(world.servers.filter(inService).length);
  for (const s of world.servers) {
    if (s.leaving !== null) s.leaving -= 1;
    else if (s.boot > 0) {
      s.boot -= 1;
      if (s.boot === CHECK_ROUNDS) s.target = 'initial';
    }
    if (s.target === 'draining') s.target = null;
    else if (s.target === 'initial' && s.boot === 0) s.target = s.sick ? 'unhealthy' : 'healthy';
    else if (s.target !== null && s.target !== 'initial') s.target = s.sick ? 'unhealthy' : 'healthy';
  }
  const left = world.servers.filter((s) => s.leaving === null || s.leaving > 0);
  world.servers.splice(0, world.servers.length, ...left);
  const staying = world.servers.filter((s) => s.leaving === null);
  for (let n = staying.length; n < world.desired; n += 1) world.servers.push(server(world, BOOT_ROUNDS));
  for (const s of staying.slice(world.desired)) leave(s);
  if (atMs % MINUTE === 0) {
    const minute = world.serving.splice(0);
    const serving = minute.reduce((sum, count) => sum + count, 0) / minute.length;
    if (serving > 0) world.points.push({ startMs: atMs - MINUTE, value: world.load / serving });
  }
}

function leave(s: Server): void {
  s.leaving = LEAVE_ROUNDS;
  if (s.target !== null) s.target = 'draining';
}

/** Does what an accepted action does. */
export function obey(world: SmallWorld, action: Action): void {
  switch (action.kind) {
    case 'setCapacity':
      world.desired = action.to;
      return;
    case 'deregisterTarget':
    case 'registerTarget': {
      const found = world.servers.find((s) => s.id === action.target.id);
      if (found !== undefined) found.target = action.kind === 'registerTarget' ? 'initial' : 'draining';
      return;
    }
    case 'replaceInstance': {
      const found = world.servers.find((s) => s.id === action.instanceId);
      if (found !== undefined) leave(found);
      return;
    }
    default:
      throw new Error(`${action.kind} is not of this world`);
  }
}

function instanceView(s: Server): InstanceView {
  const lifecycle = s.leaving !== null ? 'Terminating' : inService(s) ? 'InService' : 'Pending';
  return { id: s.id, zone: 'a', lifecycle, healthy: s.leaving === null, protectedFromScaleIn: false };
}

function fleetView({ servers, minSize, maxSize, desired }: SmallWorld): FleetView {
  return { name: 'exercise-group', minSize, maxSize, desired, instances: servers.map(instanceView), suspended: [] };
}

function groupView({ servers }: SmallWorld): TargetGroupView {
  const targets = servers.flatMap(({ id, target: state }) =>
    state === null ? [] : [{ key: `${id}:80`, id, port: 80, state, zonalShift: false }],
  );
  return { arn: 'arn:x', targetType: 'instance', targets };
}

/** What can be read of it; `dark` names what cannot. */
export function look(world: SmallWorld, policy: Policy, atMs: number, dark: readonly string[] = []): Observation {
  const read = <T>(name: string, value: T) =>
    dark.includes(name)
      ? ({ known: false, atMs, why: 'unavailable' } as const)
      : ({ known: true, atMs, value } as const);
  return {
    roundMs: atMs,
    primary: { fleet: read('fleet', fleetView(world)), targets: read('targets', groupView(world)), probe: undefined },
    secondary: undefined,
    signals: (policy.scaling?.signals ?? []).map(() => read('signals', world.points.slice(-12))),
    refresh: read('refresh', false),
    scalers: read('scalers', []),
    dns: undefined,
    dnsChange: undefined,
    budget: read('budget', { replacements: [], failbacks: [] }),
  };
}
