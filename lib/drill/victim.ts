/** One server of the primary that something happens to: what scenarios about it have in common. */
import type { Action, HealthPolicy } from '../core/model.ts';
import { count } from '../policy/count.ts';
import { BOOT_SECONDS, boundOf, healSeconds, healthOf, REPLACE_SECONDS, REQUESTS_PER_SECOND } from './bounds.ts';
import type { Bound, Facts, Judgement, Plan, Scene } from './scenario.ts';

const idOf = (scene: Scene, index: number): string =>
  scene.world.place(scene.policy.service, 'primary').instanceIds[index] ?? '';

/** The one server of the primary that something happens to, drawn by chance, and how soon that can be answered. */
export function victimOf(scene: Scene) {
  const { policy, random, before } = scene;
  const servers = before.primary.targets.healthy;
  const id = idOf(scene, random.int(0, servers - 1));
  return { service: policy.service, health: healthOf(policy), bound: boundOf(policy, 'health'), servers, id };
}

export function seenUnhealthy(id: string): Plan['shown'] {
  return (event) => event.kind === 'target' && event.key.startsWith(`${id}:`) && event.to === 'unhealthy';
}

/** The target is taken out; a site that was emptied by it may also be left. */
export function takesOut(id: string, alone: boolean) {
  return (action: Action): boolean =>
    (action.kind === 'deregisterTarget' && action.target.id === id) ||
    (alone && action.kind === 'moveDns' && action.to === 'secondary');
}

/** No more requests are lost than the load balancer takes to notice, of those that went to this server, or to so many. */
export function lostShare(facts: Facts, { detectSeconds }: Bound, lost = 1): Judgement {
  const servers = facts.scene.before.primary.targets.healthy;
  if (servers < 2) {
    const text = 'there was only this one server: whatever is done, requests fail until another answers';
    return { holds: false, text };
  }
  const { failedRequests } = facts.measures;
  const most = Math.ceil((detectSeconds * REQUESTS_PER_SECOND * lost) / servers) + lost;
  const text = `${count(failedRequests, 'request')} failed; the load balancer's ${detectSeconds} s explain ${most}`;
  return { holds: failedRequests <= most, text };
}

/** How long after its ejection a server is there again, replaced or, where nobody replaces it, started and readmitted. */
export function backSeconds(health: HealthPolicy): number {
  return health.onUnhealthy === 'replace'
    ? REPLACE_SECONDS + BOOT_SECONDS + health.check.intervalSeconds
    : health.readmit.maxSeconds + healSeconds(health);
}
