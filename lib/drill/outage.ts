/** An outage of the primary, from its beginning to the way back: what scenarios with a standby have in common. */
import type { FailoverPolicy, Policy } from '../core/model.ts';
import type { ReasonCode } from '../core/reasons.ts';
import { intervalMsOf } from '../core/targets.ts';
import { count } from '../policy/count.ts';
import type { Fault } from '../sim/faults.ts';
import { failoverOf, INSYNC_SECONDS, TTL_SECONDS } from './bounds.ts';
import { healthyAt, movedWords } from './judging.ts';
import type { Facts, Judgement, Plan, Scene } from './scenario.ts';

/** Time for the primary to have its servers back, one after the other, before the wait for the way back begins. */
export const REPAIR_SECONDS = 900;
/** How long the service must stay on the primary after the way back. */
const CALM_SECONDS = 180;

type ServerFault = Extract<Fault, { kind: 'server' }>;

/** Long enough after a fault that is answered within `actSeconds` for every client to have moved. */
export function healAfterSeconds(actSeconds: number): number {
  return Math.max(180, actSeconds + INSYNC_SECONDS + TTL_SECONDS + 30);
}

/** From the repair to the way back, and some time for whatever should not follow. `times`: how long the wait has become. */
export function wayBackSeconds({ failback }: FailoverPolicy, times = 1): number {
  const waitSeconds = failback.afterHealthySeconds * times;
  return REPAIR_SECONDS + waitSeconds + INSYNC_SECONDS + TTL_SECONDS + CALM_SECONDS;
}

/** Every server of the primary that is in service fails in one way, drawn by chance. */
export function failAll({ policy, random }: Scene): ServerFault {
  const condition = random.next() < 0.5 ? 'refuses' : 'hangs';
  return { kind: 'server', service: policy.service, site: 'primary', which: 'all', condition };
}

/** All that are in service answer again. */
export const healed = (fault: ServerFault): ServerFault => ({ ...fault, condition: 'ok' });

/** Those that are in service now answer again: servers launched since then are well by themselves. */
export function healThose({ policy, world }: Scene): Fault[] {
  const { service } = policy;
  return world
    .place(service, 'primary')
    .instanceIds.map((which): Fault => ({ kind: 'server', service, site: 'primary', which, condition: 'ok' }));
}

/** One failing target is not this fault yet: the site is bad when too few are healthy. */
export function shownBad(policy: Policy): Plan['shown'] {
  const { healthyPercentBelow } = failoverOf(policy).trip;
  return (event, { primary: { targets } }) =>
    event.kind === 'target' &&
    (100 * targets.healthy) / Math.max(1, targets.healthy + targets.unhealthy) < Math.max(1, healthyPercentBelow);
}

/** The record moves away from the primary. */
export const leaves: NonNullable<Plan['response']> = (action) => action.kind === 'moveDns' && action.to === 'secondary';

/**
 * Whether the way out was decided for the right reason: a standby that is too small is told as such. Only the standby as it
 * was in that round counts: it was raised with the first doubt, and slow rounds leave it the time to be ready.
 */
export function rightReason(facts: Facts): Judgement[] {
  const { decided, scene } = facts;
  if (decided === null) return [];
  const { policy, before, faultMs } = scene;
  const servers = before.primary.targets.healthy;
  const wanted = Math.max(1, (servers * failoverOf(policy).secondary.minReadyPercent) / 100);
  const intervalMs = intervalMsOf(policy);
  // It was read at some time between the beginning of the round and the decision.
  const roundMs = Math.floor(decided.atMs / intervalMs) * intervalMs;
  const ready = [roundMs, decided.atMs].map((atMs) => healthyAt(facts, 'secondary', Math.max(faultMs, atMs)));
  const right = ready.map((healthy): ReasonCode => (healthy < wanted ? 'STANDBY_SMALL' : 'TRIP'));
  const { reason } = decided.action;
  const words = `with ${ready[0]} of ${count(servers, 'server')} ready ${right[0]} is right`;
  return [{ holds: right.includes(reason), text: `the record moves because of ${reason}; ${words}` }];
}

/** The last second at which clients may still be with a site whose move was accepted after `actSeconds`. */
export function movedSeconds(actSeconds: number): number {
  return actSeconds + INSYNC_SECONDS + TTL_SECONDS;
}

/** The way back and nothing after it; or, where it is a person's, that it waits for one. */
export function returned(facts: Facts): Judgement {
  const { failback } = failoverOf(facts.scene.policy);
  const [out, back, ...more] = facts.moves;
  const said = movedWords(facts);
  if (out === undefined) return { holds: false, text: said };
  if (failback.mode === 'manual') {
    if (back !== undefined)
      return { holds: false, text: `${said}; failback is manual, and no person had asked for it` };
    const asked = facts.decisions.some((d) => d.reason === 'FAILBACK_MANUAL');
    const waits = asked ? 'waits for a person' : 'nothing said that it waits for a person';
    return { holds: asked, text: `${said}; failback is manual and ${waits}` };
  }
  if (back === undefined || back.to !== 'primary') {
    const last = facts.decisions.findLast((d) => d.area === 'failover');
    return { holds: false, text: `${said} and not back; the last decision was ${last?.reason}: ${last?.message}` };
  }
  if (more.length > 0) return { holds: false, text: `${said}; there and back once is right` };
  const stayed = back.insyncMs === null ? ', which was never INSYNC' : ' and stayed there';
  return { holds: back.insyncMs !== null, text: `${said}${stayed}` };
}
