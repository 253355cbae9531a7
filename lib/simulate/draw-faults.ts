/** The faults of a seed: which, when and for how long. */
import type { Condition, Fault, Servers } from '../sim/faults.ts';
import type { Chance } from './chance.ts';
import { api, clock, crash, events, pause, policy, tick } from './draw-controller-faults.ts';
import { drawDrill, drawOrder, drawPerson } from './draw-people.ts';
import { type Draw, type Drawn, forSome, type Ground, somePlace } from './ground.ts';
import type { Disturbance, Planned } from './schedule.ts';

const CONDITIONS: readonly Exclude<Condition, 'ok'>[] = ['refuses', 'hangs', 'errors'];

function someServers(chance: Chance, ground: Ground): Servers {
  const { service, site } = somePlace(chance, ground);
  const which = chance.maybe(0.25) ? 'all' : chance.int(0, Math.max(0, (ground.servers[service] ?? 1) - 1));
  return { service, site, which };
}

const broken: Draw = (chance, ground) => {
  const servers = someServers(chance, ground);
  const port = chance.maybe(0.2) ? { port: 80 } : {};
  const what = { kind: 'server' as const, ...servers, condition: chance.pick(CONDITIONS), ...port };
  return { what, end: { kind: 'server', ...servers, condition: 'ok' } };
};

/** A server fails, is taken out, and the policy then names another target group: who remembers it? */
const leftOut: Draw = (chance, ground) => {
  const checked = ground.policies.filter(({ health }) => health?.onUnhealthy === 'deregister');
  if (checked.length === 0) return broken(chance, ground);
  const { service } = chance.pick(checked);
  const text = ground.mendedText(service).replaceAll(`${service}-targets`, `${service}-renamed`);
  return {
    what: { kind: 'server', service, site: 'primary', which: 0, condition: chance.pick(CONDITIONS) },
    end: { kind: 'policy', service, how: 'changed', text },
  };
};

/** Nobody can see whether another scaler is at work. */
const scalersHidden: Draw = (chance) => ({
  what: {
    kind: 'api',
    how: 'denied',
    api: 'auto-scaling',
    operation: 'DescribePolicies',
    forSeconds: chance.int(200, 1200),
  },
});

const flapping: Draw = (chance, ground) => ({
  what: {
    kind: 'flapping',
    ...someServers(chance, ground),
    condition: chance.pick(CONDITIONS),
    downSeconds: chance.small(1, 120),
    upSeconds: chance.small(1, 120),
    forSeconds: chance.int(30, 900),
  },
});

const dies: Draw = (chance, ground) => ({ what: { kind: 'instance-dies', ...someServers(chance, ground) } });

const launchesBroken: Draw = (chance, ground) => {
  const { service, site } = somePlace(chance, ground);
  const condition = chance.pick(CONDITIONS);
  return {
    what: { kind: 'launches-broken', service, site, count: chance.small(1, 10), condition },
    end: { kind: 'launches-broken', service, site, count: 0, condition },
  };
};

const stress: Draw = (chance, ground) => {
  const servers = someServers(chance, ground);
  const what = { kind: 'stress' as const, ...servers, percent: chance.int(5, 100) };
  return { what, end: { kind: 'stress', ...servers, percent: 0 } };
};

const zone: Draw = (chance, { regions }) => {
  const region = chance.pick(regions);
  const place = { kind: 'zone' as const, region, zone: `${region}${chance.pick(['a', 'c'])}` };
  return { what: { ...place, lost: true }, end: { ...place, lost: false } };
};

const region: Draw = (chance, { regions }) => {
  const place = { kind: 'region' as const, region: chance.pick(regions) };
  return { what: { ...place, lost: true }, end: { ...place, lost: false } };
};

const zonalShift: Draw = (chance, { regions }) => {
  const at = chance.pick(regions);
  const place = { kind: 'zonal-shift' as const, region: at, zone: `${at}${chance.pick(['a', 'c'])}` };
  return { what: { ...place, active: true }, end: { ...place, active: false } };
};

const metrics: Draw = (chance, ground) => {
  const { policy, service } = somePlace(chance, ground);
  const names = (policy.scaling?.signals ?? []).map(({ name }) => name);
  const signal = names.length > 0 && chance.maybe(0.5) ? { signal: chance.pick(names) } : {};
  const base = { kind: 'metrics' as const, service, ...signal };
  const what = chance.weighted<Fault>([
    [2, { ...base, how: 'dark' }],
    [2, { ...base, how: 'late', seconds: chance.small(1, 600) }],
    [1, { ...base, how: 'shifted', seconds: chance.pick([-60, 60]) }],
  ]);
  return { what, end: { ...base, how: 'normal' } };
};

const signal: Draw = (chance, ground) => {
  const scaled = ground.policies.filter(({ scaling }) => scaling !== undefined);
  const policy = scaled.length > 0 ? chance.pick(scaled) : undefined;
  if (policy?.scaling === undefined) return stress(chance, ground);
  const one = chance.pick(policy.scaling.signals);
  const around = one.target ?? 60;
  const value =
    around *
    chance.weighted([
      [3, 2],
      [2, 0.1],
      [1, 0],
      [1, 1],
      [1, chance.int(1, 50)],
    ]);
  const base = { kind: 'signal' as const, service: policy.service, signal: one.name };
  return { what: { ...base, value }, end: { ...base, value: null } };
};

const refresh: Draw = (chance, ground) => {
  const { service, site } = somePlace(chance, ground);
  return { what: { kind: 'refresh', service, site, seconds: forSome(chance) } };
};

const hook: Draw = (chance, ground) => {
  const { service, site } = somePlace(chance, ground);
  const seconds = forSome(chance);
  const base = { kind: chance.pick(['launch-hook', 'terminate-hook'] as const), service, site };
  return { what: { ...base, seconds }, end: { ...base, seconds: 0 } };
};

/** A server fails whose successor could not serve, until everything heals. */
const stranded: Draw = (chance, ground) => {
  const replacing = ground.policies.filter(({ health }) => health?.onUnhealthy === 'replace');
  if (replacing.length === 0) return broken(chance, ground);
  const { service } = chance.pick(replacing);
  const place = { service, site: 'primary' as const };
  const process = chance.pick(['AddToLoadBalancer', 'AddToLoadBalancer', 'Launch', 'Terminate', 'ReplaceUnhealthy']);
  const fails = { kind: 'server' as const, ...place, which: 0, condition: chance.pick(CONDITIONS) };
  return { what: { kind: 'suspend', ...place, processes: [process] }, sequel: [{ afterSeconds: 10, what: fails }] };
};

const suspend: Draw = (chance, ground) => {
  if (chance.maybe(0.5)) return stranded(chance, ground);
  const { service, site } = somePlace(chance, ground);
  const all = ['Launch', 'Terminate', 'ReplaceUnhealthy', 'AlarmNotification', 'ScheduledActions', 'AddToLoadBalancer'];
  const processes = all.filter(() => chance.maybe(0.4));
  const base = { kind: 'suspend' as const, service, site };
  return { what: { ...base, processes }, end: { ...base, processes: [] } };
};

const protection: Draw = (chance, ground) => {
  const servers = someServers(chance, ground);
  return { what: { kind: 'protection', ...servers, on: true }, end: { kind: 'protection', ...servers, on: false } };
};

const scaler: Draw = (chance, ground) => {
  const { service, site } = somePlace(chance, ground);
  const base = {
    kind: 'scaler' as const,
    service,
    site,
    scaler: chance.pick(['policy', 'schedule', 'predictive'] as const),
  };
  return { what: { ...base, present: true }, end: { ...base, present: false } };
};

/**
 * A fleet that could shrink, by every datapoint, if the service were not away from it. A standby with a group of its own
 * grows, and what it carries the primary keeps.
 */
const away: Draw = (chance, ground) => {
  const able = ground.policies.filter(({ service, scaling, fleet, failover, mode }) => {
    const shrinks = (fleet?.capacity.min ?? 0) < (ground.servers[service] ?? 0);
    const periods = (scaling?.signals ?? []).map(({ metric }) => metric.periodSeconds);
    const soon = Math.max(scaling?.scaleIn.stabilizationSeconds ?? Number.POSITIVE_INFINITY, ...periods) < 900;
    const carries = failover?.secondary.autoScalingGroup !== undefined;
    return mode === 'enforce' && failover !== undefined && shrinks && soon && !carries;
  });
  if (able.length === 0) return broken(chance, ground);
  const { service, scaling } = chance.pick(able);
  const idle = (scaling?.signals ?? []).map(({ name }): Fault => ({ kind: 'signal', service, signal: name, value: 0 }));
  const later = { withinSeconds: 600, sequel: idle.map((what) => ({ afterSeconds: 60, what })) };
  const place = { service, site: 'primary' as const, which: 'all' as const };
  return chance.weighted<Drawn>([
    [2, { what: { kind: 'order', order: { order: 'failover', service } }, ...later }],
    [1, { what: { kind: 'server', ...place, condition: chance.pick(CONDITIONS) }, ...later }],
  ]);
};

const DRAWS: readonly (readonly [number, Draw])[] = [
  [10, broken],
  [4, flapping],
  [2, leftOut],
  [1, scalersHidden],
  [3, dies],
  [3, launchesBroken],
  [3, stress],
  [2, zone],
  [3, region],
  [1, zonalShift],
  [3, metrics],
  [6, signal],
  [9, api],
  [4, events],
  [6, pause],
  [6, crash],
  [2, clock],
  [2, refresh],
  [1, hook],
  [2, suspend],
  [2, protection],
  [3, scaler],
  [3, tick],
  [4, policy],
  [1, () => ({ what: { kind: 'deploy' } })],
  [5, drawPerson],
  [5, drawOrder],
  [5, drawDrill],
  [8, away],
];

/** What works for a while by itself is over when everything heals. */
function inTime(what: Disturbance, leftSeconds: number): Disturbance {
  if ('forSeconds' in what) {
    const after = 'seconds' in what ? Math.min(what.seconds, Math.max(0, leftSeconds - 1)) : 0;
    const forSeconds = Math.max(1, Math.min(what.forSeconds, leftSeconds - after));
    return 'seconds' in what ? { ...what, seconds: after, forSeconds } : { ...what, forSeconds };
  }
  if (what.kind === 'drill') {
    const { request } = what;
    return { ...what, request: { ...request, expiresInSeconds: Math.min(request.expiresInSeconds, leftSeconds) } };
  }
  if (what.kind === 'pause' || what.kind === 'refresh')
    return { ...what, seconds: Math.max(1, Math.min(what.seconds, leftSeconds)) };
  return what;
}

/** The schedule of a seed, in order of time. */
export function drawFaults(chance: Chance, ground: Ground): Planned[] {
  const { fromSeconds, healSeconds, policies } = ground;
  const spanSeconds = healSeconds - fromSeconds;
  if (spanSeconds <= 0) return [];
  const hours = spanSeconds / 3600;
  const most = Math.ceil((15 + 10 * Math.sqrt(policies.length)) * hours);
  const count = chance.weighted([
    [1, 0],
    [2, chance.int(1, 3)],
    [6, chance.int(1, Math.max(1, most))],
    [1, 2 * most],
  ]);
  const drawn = Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const own = chance.fork(`fault/${index}`);
    const place = own.int(0, spanSeconds - 1);
    const { what, end, withinSeconds = spanSeconds, sequel = [] } = own.weighted(DRAWS)(own, ground);
    const atSeconds = fromSeconds + (place % withinSeconds);
    const afterSeconds = Math.min(forSome(own), healSeconds - atSeconds);
    const ends = end === undefined ? {} : { end: { afterSeconds, what: end } };
    const later = sequel
      .map((one) => ({ atSeconds: atSeconds + one.afterSeconds, what: one.what }))
      .filter((one) => one.atSeconds < healSeconds);
    return [
      { atSeconds, what: inTime(what, healSeconds - atSeconds), ...ends },
      ...later.map((one) => ({ ...one, what: inTime(one.what, healSeconds - one.atSeconds) })),
    ];
  });
  return drawn.sort((a, b) => a.atSeconds - b.atSeconds).map((one, index) => ({ number: index + 1, ...one }));
}
