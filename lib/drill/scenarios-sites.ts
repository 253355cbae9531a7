/** Scenarios in which the primary cannot serve: all its targets fail, or its region is lost; each heals afterwards. */
import type { Policy } from '../core/model.ts';
import { intervalMsOf } from '../core/targets.ts';
import { type Detection, detectionTimes } from '../policy/detection.ts';
import type { Fault } from '../sim/faults.ts';
import { failoverOf, INSYNC_SECONDS, TTL_SECONDS } from './bounds.ts';
import { answered, servedAgain } from './judging.ts';
import { secondsSince } from './result.ts';
import type { Facts, Judgement, Plan, Scenario, Scene } from './scenario.ts';

/** Time for the primary to have its servers back, one after the other, before the wait for the way back begins. */
const REPAIR_SECONDS = 900;
/** How long the service must stay on the primary after the way back. */
const CALM_SECONDS = 180;

/** There is one for each path of a policy with the section. */
const boundOf = (policy: Policy, path: 'failover' | 'regionLost'): Detection =>
  detectionTimes(policy).find((one) => one.path === path) as Detection;

/** The way back and nothing after it; or, where it is a person's, that it waits for one. */
function returned(facts: Facts): Judgement {
  const { failback } = failoverOf(facts.scene.policy);
  const [out, back, ...more] = facts.moves;
  if (out === undefined) return { holds: false, text: 'the record never moved' };
  const words = facts.moves.map(({ to, atMs }) => `to the ${to} after ${secondsSince(facts.scene.faultMs, atMs)} s`);
  const said = `the record moved ${words.join(', ')}`;
  if (failback.mode === 'manual') {
    const asked = facts.decisions.some((d) => d.reason === 'FAILBACK_MANUAL');
    return { holds: back === undefined && asked, text: `${said}; failback is manual and waits for a person` };
  }
  if (back === undefined || back.to !== 'primary') {
    const last = facts.decisions.findLast((d) => d.area === 'failover');
    return { holds: false, text: `${said} and not back; the last decision was ${last?.reason}: ${last?.message}` };
  }
  const holds = more.length === 0 && back.insyncMs !== null;
  return { holds, text: `${said}${more.length === 0 ? ' and stayed there' : ''}` };
}

function judge(facts: Facts, { detectSeconds, decideSeconds, actSeconds, text }: Detection): Judgement[] {
  if (detectSeconds === null || decideSeconds === null || actSeconds === null) return [{ holds: false, text }];
  const answer = answered(facts, 'failover', { detectSeconds, decideSeconds, actSeconds });
  if (facts.actMs === null) return answer;
  const seconds = actSeconds + INSYNC_SECONDS + TTL_SECONDS;
  return [...answer, servedAgain(facts, seconds, 'act, INSYNC and the time to live'), returned(facts)];
}

interface Outage {
  readonly bound: Detection;
  readonly faults: (healSeconds: number) => Plan['faults'];
  readonly shown: Plan['shown'];
}

/** Long enough for every client to have moved, then the repair, the wait, and the way back. */
function outage(scene: Scene, { bound, faults, shown }: Outage): Plan {
  const { failback } = failoverOf(scene.policy);
  const healSeconds = Math.max(180, (bound.actSeconds ?? 0) + INSYNC_SECONDS + TTL_SECONDS + 30);
  return {
    faults: faults(healSeconds),
    alarms: [],
    runSeconds:
      healSeconds + REPAIR_SECONDS + failback.afterHealthySeconds + INSYNC_SECONDS + TTL_SECONDS + CALM_SECONDS,
    response: (action) => action.kind === 'moveDns' && action.to === 'secondary',
    shown,
    fullAt: () => scene.before.primary.targets.healthy,
    judge: (facts) => judge(facts, bound),
  };
}

const targetsFail: Scenario = {
  name: 'targets-fail',
  summary: 'Every target of the primary fails, and heals later: the record moves to the secondary and back.',
  needs: ['failover'],
  options: () => ({}),
  plan(scene) {
    const { policy, random, world } = scene;
    const { service } = policy;
    const { healthyPercentBelow } = failoverOf(policy).trip;
    const condition = random.next() < 0.5 ? 'refuses' : 'hangs';
    const fail: Fault = { kind: 'server', service, site: 'primary', which: 'all', condition };
    // Servers launched since then are well: only those that failed are repaired.
    const heal = world
      .place(service, 'primary')
      .instanceIds.map((which): Fault => ({ kind: 'server', service, site: 'primary', which, condition: 'ok' }));
    return outage(scene, {
      bound: boundOf(policy, 'failover'),
      faults: (healSeconds) => [
        { afterSeconds: 0, fault: fail },
        ...heal.map((fault) => ({ afterSeconds: healSeconds, fault })),
      ],
      // One failing target is not this fault yet: the site is bad when too few are healthy.
      shown: (event, { primary: { targets } }) =>
        event.kind === 'target' &&
        (100 * targets.healthy) / Math.max(1, targets.healthy + targets.unhealthy) < Math.max(1, healthyPercentBelow),
    });
  },
};

const regionLost: Scenario = {
  name: 'region-lost',
  summary:
    'The primary’s region is lost, servers and APIs, and comes back later: the record moves to the secondary and back.',
  needs: ['failover'],
  options: () => ({}),
  plan(scene) {
    const { policy, faultMs } = scene;
    const { trip, primary } = failoverOf(policy);
    const intervalMs = intervalMsOf(policy);
    const lose: Fault = { kind: 'region', region: primary.region, lost: true };
    return outage(scene, {
      bound: boundOf(policy, 'regionLost'),
      faults: (healSeconds) => [
        { afterSeconds: 0, fault: lose },
        { afterSeconds: healSeconds, fault: { ...lose, lost: false } },
      ],
      // Nothing says that a region is gone but that its readings stay away: shown with the last of the missing rounds.
      shown: (Math.floor(faultMs / intervalMs) + trip.missingRounds) * intervalMs,
    });
  },
};

export const SITE_SCENARIOS: readonly Scenario[] = [targetsFail, regionLost];
