/** What the failover rules look at, and the move that they may decide. */
import { movedWeights, type Pair } from './dns.ts';
import type {
  Action,
  Decision,
  FailoverPolicy,
  Numbers,
  Observation,
  Policy,
  ServiceState,
  SiteName,
} from './model.ts';
import type { ReasonCode } from './reasons.ts';
import type { NextId } from './scaling-scene.ts';
import type { SiteHealth, Sites } from './sites.ts';
import type { TargetSummary } from './targets.ts';

export interface FailoverScene {
  readonly policy: Policy;
  readonly failover: FailoverPolicy;
  readonly state: ServiceState;
  readonly obs: Observation;
  readonly sites: Sites;
  readonly pair: Pair;
  readonly summary: TargetSummary | null;
  readonly nowMs: number;
  readonly nextId: NextId;
}

export function none(reason: ReasonCode, numbers: Numbers = {}, rejected?: Decision['rejected']): Decision {
  return { area: 'failover', reason, action: null, numbers, rejected };
}

/** What the probe says, as a person would say it. */
function probeWords(probe: SiteHealth['probe'], unknown: string): string {
  if (probe === null) return unknown;
  if (probe === 'doubted') return 'is not believed';
  return probe ? 'passes' : 'fails';
}

/** A site as a person would say it. */
function inWords(site: SiteHealth): string {
  if (site.known) return `has ${site.healthy} of ${site.total} healthy`;
  return `cannot be read and its probe ${probeWords(site.probe, 'is not known')}`;
}

/** What is known of the active site and of the one it would move to. */
export function siteNumbers(scene: FailoverScene, active: SiteName): Numbers {
  const { sites, state, failover } = scene;
  const to = active === 'primary' ? 'secondary' : 'primary';
  const here = sites[active];
  const there = sites[to];
  return {
    record: failover.record.name,
    active,
    to,
    here: inWords(here),
    healthy: here.known ? here.healthy : null,
    total: here.known ? here.total : null,
    probe: probeWords(here.probe, 'not made'),
    bad: state.failover[active].bad,
    missing: state.failover[active].missing,
    rounds: failover.trip.rounds,
    missingRounds: failover.trip.missingRounds,
    otherHealthy: there.known ? there.healthy : null,
    otherServers: there.known ? there.servers : null,
    otherGood: state.failover[to].good,
  };
}

/** The decision to move everything to `to`; the pair must be readable. */
export function move(
  scene: FailoverScene,
  pair: Pair & { ok: true },
  to: SiteName,
  reason: ReasonCode,
  cause: (Action & { kind: 'moveDns' })['cause'],
  numbers: Numbers,
): Decision {
  const { failover, nextId } = scene;
  const action: Action = {
    id: nextId(),
    // Route 53 has one control plane, in this region. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/disaster-recovery-resiliency.html
    region: 'us-east-1',
    reason,
    kind: 'moveDns',
    hostedZoneId: failover.hostedZoneId,
    name: failover.record.name,
    to,
    cause,
    sets: pair.dns.sets,
    weights: movedWeights(failover, pair.weights, to),
  };
  return { area: 'failover', reason, action, numbers };
}
