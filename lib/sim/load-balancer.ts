/** Target groups: registration, health checks, draining. */
import type { TargetState } from '../core/model.ts';
import type { Account, Server, Target, TargetGroup } from './account.ts';
import type { Condition } from './faults.ts';
import { conditionOf } from './places.ts';
import { reconsider } from './resolvers.ts';
import { changed } from './traffic.ts';

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html */
const REASON_FOR: Readonly<Record<Exclude<Condition, 'ok'>, string>> = {
  refuses: 'Target.FailedHealthChecks',
  hangs: 'Target.Timeout',
  errors: 'Target.ResponseCodeMismatch',
};

function announce(account: Account, target: Target, from: TargetState | null, to: TargetState | null): void {
  const { site, name } = target.targetGroup;
  target.targetGroup.description = null;
  account.history.append({
    kind: 'target',
    atMs: account.clock.nowMs(),
    service: site.service.name,
    site: site.name,
    region: site.region.name,
    targetGroup: name,
    key: target.key,
    from,
    to,
    reason: target.reason,
  });
  changed(account, site.service);
  reconsider(account, site.service);
}

function setState(account: Account, target: Target, state: TargetState, reason: string | undefined): void {
  const from = target.state;
  if (target.reason !== reason) target.targetGroup.description = null;
  target.state = state;
  target.reason = reason;
  if (from !== state) announce(account, target, from, state);
}

/** Nothing would come of another check: the target is in the state that its server's condition leads to. */
function isSteady(target: Target): boolean {
  const condition = conditionOf(target.server, target.port);
  if (condition === 'ok') return target.state === 'healthy' && target.failures === 0;
  return target.state === 'unhealthy' && target.passes === 0 && target.reason === REASON_FOR[condition];
}

function conclude(account: Account, target: Target, condition: Condition): void {
  const { healthyThreshold, unhealthyThreshold } = target.targetGroup.check;
  const first = target.state === 'initial';
  if (condition === 'ok') {
    target.passes++;
    target.failures = 0;
    // "After your target is registered, it must pass one health check to be considered healthy":
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    if (first || target.passes >= healthyThreshold) setState(account, target, 'healthy', undefined);
    return;
  }
  target.failures++;
  target.passes = 0;
  if (first || target.state === 'unhealthy' || target.failures >= unhealthyThreshold) {
    setState(account, target, 'unhealthy', REASON_FOR[condition]);
  }
}

function check(account: Account, target: Target, generation: number): void {
  if (target.generation !== generation) return;
  if (target.reason === 'Elb.RegistrationInProgress') setState(account, target, 'initial', 'Elb.InitialHealthChecking');
  const condition = conditionOf(target.server, target.port);
  const done = (): void => {
    if (target.generation !== generation) return;
    conclude(account, target, condition);
    if (isSteady(target)) target.checking = false;
    else scheduleCheck(account, target);
  };
  if (condition === 'hangs') account.clock.at(account.clock.nowMs() + target.targetGroup.check.timeoutMs, done);
  else done();
}

/** The next check falls on the target's own beat, whatever the last one took ("does not affect the interval", same page). */
function scheduleCheck(account: Account, target: Target): void {
  const { intervalMs } = target.targetGroup.check;
  const nowMs = account.clock.nowMs();
  const sincePhase = (((nowMs - target.phaseMs) % intervalMs) + intervalMs) % intervalMs;
  const generation = target.generation;
  target.checking = true;
  account.clock.at(nowMs + intervalMs - sincePhase, () => check(account, target, generation));
}

/** To be called when a server's condition may have changed, once traffic knows. */
export function recheck(account: Account, server: Server): void {
  for (const target of server.targets) {
    if (target.state !== 'draining' && !target.checking && !isSteady(target)) scheduleCheck(account, target);
  }
}

/** A target as it is before anything was checked. */
export function createTarget(account: Account, group: TargetGroup, server: Server, port: number): Target {
  const key = `${server.id}:${port}`;
  const target: Target = {
    key,
    id: server.id,
    port,
    targetGroup: group,
    server,
    state: 'initial',
    reason: 'Elb.RegistrationInProgress',
    passes: 0,
    failures: 0,
    phaseMs: account.random.fork(`check/${group.arn}/${key}`).int(0, group.check.intervalMs - 1),
    checking: false,
    generation: 0,
  };
  group.targets.set(key, target);
  server.targets.add(target);
  group.description = null;
  return target;
}

/** Registers a server's port; one that is registered stays as it is, one that drains starts over at `initial`. */
export function register(account: Account, group: TargetGroup, server: Server, port: number): void {
  const present = group.targets.get(`${server.id}:${port}`);
  if (present !== undefined && present.state !== 'draining') return;
  const target = present ?? createTarget(account, group, server, port);
  target.generation++;
  target.passes = 0;
  target.failures = 0;
  target.reason = 'Elb.RegistrationInProgress';
  target.state = 'initial';
  announce(account, target, present === undefined ? null : 'draining', 'initial');
  scheduleCheck(account, target);
}

/** Forgets a target at once. */
export function remove(account: Account, target: Target): void {
  target.generation++;
  target.targetGroup.targets.delete(target.key);
  target.server.targets.delete(target);
  target.reason = undefined;
  announce(account, target, target.state, null);
}

/**
 * Takes a target out: it gets no more requests and no more checks. "Even though target deregistration is complete, the
 * status of the target is displayed as draining until the deregistration delay timeout expires":
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#deregistration-delay
 */
export function deregister(account: Account, target: Target): void {
  if (target.state === 'draining') return;
  target.generation++;
  target.checking = false;
  const generation = target.generation;
  setState(account, target, 'draining', 'Target.DeregistrationInProgress');
  const delayMs = target.targetGroup.site.service.options.drainSeconds * 1000;
  account.clock.at(account.clock.nowMs() + delayMs, () => {
    if (target.generation === generation) remove(account, target);
  });
}
