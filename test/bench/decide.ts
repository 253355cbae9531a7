/** Decisions per second for a service with 20 targets in a steady round. */
import { decide } from '../../lib/core/decide.ts';
import type { Observation, Policy, RecordSet, ServiceState, TargetView } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';

const TARGETS = 20;
const ROUND_MS = 5000;
const ROUNDS = 10_000;
const START_MS = Date.UTC(2026, 0, 1);

function weightedPair(policy: Policy): RecordSet[] {
  const ids =
    policy.failover === undefined
      ? []
      : [policy.failover.primary.setIdentifier, policy.failover.secondary.setIdentifier];
  return ids.map((setIdentifier, i) => ({
    type: 'A',
    setIdentifier,
    weight: i === 0 ? 100 : 0,
    ttlSeconds: 30,
    routing: 'weighted',
    raw: {},
  }));
}

function observationAt(policy: Policy, nowMs: number): Observation {
  const known = <T>(value: T) => ({ known: true as const, atMs: nowMs, value });
  const ids = Array.from({ length: TARGETS }, (_, i) => `i-${String(i).padStart(17, '0')}`);
  const targets = ids.map((id): TargetView => ({ key: `${id}:80`, id, port: 80, state: 'healthy', zonalShift: false }));
  const instances = ids.map((id) => ({
    id,
    zone: 'a',
    lifecycle: 'InService',
    healthy: true,
    protectedFromScaleIn: false,
  }));
  const group = { arn: 'arn', targetType: 'instance' as const, targets };
  const fleet = { name: 'group', minSize: 1, maxSize: 60, desired: TARGETS, instances, suspended: [] };
  const site = { fleet: known(fleet), targets: known(group), probe: undefined };
  const dns = { sets: weightedPair(policy) };
  const minuteMs = Math.floor(nowMs / 60_000) * 60_000;
  const signals = (policy.scaling?.signals ?? []).map(() => known([{ startMs: minuteMs - 120_000, value: 78 }]));
  return {
    roundMs: nowMs,
    primary: site,
    secondary: site,
    signals,
    refresh: known(false),
    scalers: known([]),
    dns: known(dns),
    dnsChange: undefined,
    budget: known({ replacements: [], failbacks: [] }),
  };
}

/** Decides `ROUNDS` steady rounds in a row, `passes` times over, and returns how many a second of processor time allows. */
export function decisionsPerSecond(policy: Policy, passes: number): number {
  // Observations are made beforehand: reading the world is not deciding.
  const observations = Array.from({ length: ROUNDS }, (_, i) => observationAt(policy, START_MS + i * ROUND_MS));
  const pass = (): void => {
    let state: ServiceState = { ...initialState(policy.service), version: 1 };
    observations.forEach((observation) => {
      state = decide(policy, state, observation, observation.roundMs).state;
    });
  };
  pass();
  const before = process.cpuUsage();
  for (let i = 0; i < passes; i += 1) pass();
  const used = process.cpuUsage(before);
  return (passes * ROUNDS) / ((used.user + used.system) / 1e6);
}
