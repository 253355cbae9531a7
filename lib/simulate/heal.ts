/** The end of all faults: everything that can be mended is mended, as people would. */
import type { Policy } from '../core/model.ts';
import type { Fault } from '../sim/faults.ts';
import type { Script } from './draw.ts';
import type { Disturbance } from './schedule.ts';

const SCALERS = ['policy', 'schedule', 'predictive'] as const;

function ofSite({ service, fleet }: Policy, site: 'primary' | 'secondary'): Fault[] {
  const place = { service, site };
  const all = { ...place, which: 'all' as const };
  const mended: Fault[] = [
    { kind: 'server', ...all, condition: 'ok' },
    { kind: 'stress', ...all, percent: 0 },
    { kind: 'protection', ...all, on: false },
    { kind: 'launches-broken', ...place, count: 0, condition: 'ok' },
    { kind: 'launch-hook', ...place, seconds: 0 },
    { kind: 'terminate-hook', ...place, seconds: 0 },
    { kind: 'suspend', ...place, processes: [] },
    { kind: 'person', edit: 'register-launched', ...place },
    ...SCALERS.map((scaler): Fault => ({ kind: 'scaler', ...place, scaler, present: false })),
    { kind: 'person', edit: 'operator', ...place, on: false },
  ];
  if (site !== 'primary' || fleet === undefined) return mended;
  const { min, max } = fleet.capacity;
  return [...mended, { kind: 'person', edit: 'bounds', ...place, minSize: min, maxSize: max }];
}

function ofService(policy: Policy, rate: number): Disturbance[] {
  const { service, scaling, failover } = policy;
  return [
    ...ofSite(policy, 'primary'),
    ...(failover === undefined ? [] : ofSite(policy, 'secondary')),
    { kind: 'metrics', service, how: 'normal' },
    ...(scaling?.signals ?? []).map(({ name }): Fault => ({ kind: 'signal', service, signal: name, value: null })),
    { kind: 'traffic', service, requestsPerSecond: rate },
    ...(failover === undefined
      ? []
      : [{ kind: 'person' as const, edit: 'record' as const, service, how: 'restore' as const }]),
  ];
}

const FUNCTIONS = ['onTick', 'onAlarm'] as const;

/** What mends the world, and the orders that give the controller a free hand again. */
export function healing(script: Script, regions: readonly string[]): Disturbance[] {
  return [
    ...regions.flatMap((region): Fault[] => [
      { kind: 'region', region, lost: false },
      ...['a', 'c'].flatMap((letter): Fault[] => [
        { kind: 'zone', region, zone: `${region}${letter}`, lost: false },
        { kind: 'zonal-shift', region, zone: `${region}${letter}`, active: false },
      ]),
    ]),
    ...script.policies.flatMap((policy) =>
      ofService(policy, script.perService[policy.service]?.requestsPerSecond ?? 100),
    ),
    ...FUNCTIONS.map((name): Fault => ({ kind: 'clock', function: name, stepMs: 0, driftPpm: 0 })),
    { kind: 'order', order: { order: 'unfreeze' } },
    { kind: 'order', order: { order: 'release' } },
  ];
}
