/** Scenarios about the record itself: somebody else edits it, or Route 53 cannot be asked to move it. */
import { DNS_READING_MS } from '../core/dns.ts';
import { intervalMsOf } from '../core/targets.ts';
import { count } from '../policy/count.ts';
import { ACT_SECONDS } from '../policy/detection.ts';
import type { Fault } from '../sim/faults.ts';
import { boundOf, failoverOf, INSYNC_SECONDS, SLOW_SECONDS } from './bounds.ts';
import { answered, movedWords, ofKind, servedAgain, times, toldOnce, within } from './judging.ts';
import {
  failAll,
  healAfterSeconds,
  healed,
  leaves,
  movedSeconds,
  returned,
  rightReason,
  shownBad,
  wayBackSeconds,
} from './outage.ts';
import type { Bound, Facts, Judgement, Plan, Scenario, Scene } from './scenario.ts';

const intervalSecondsOf = ({ policy }: Scene): number => intervalMsOf(policy) / 1000;

/** A release is carried out at once, and the next rounds go by it. */
const RELEASED_SECONDS = 30;
/** How long nothing may happen to a record that somebody else has set. */
const HELD_SECONDS = 180;

function judgeForeign(facts: Facts, noticeSeconds: number, releaseSeconds: number, failSeconds: number): Judgement[] {
  const { policy, faultMs } = facts.scene;
  const bound = boundOf(policy, 'failover');
  const own = facts.decisions.filter(({ area }) => area === 'failover');
  const noticed = own.find(({ reason }) => reason === 'FOREIGN_DNS');
  const later = own.filter(({ atSeconds }) => atSeconds >= releaseSeconds + RELEASED_SECONDS);
  const still = later.filter(({ reason }) => reason === 'FOREIGN_DNS').length;
  const early = facts.applied.filter(({ atMs }) => atMs < faultMs + releaseSeconds * 1000);
  const [edit, back, ...more] = facts.moves;
  return [
    within(facts, 'it was noticed', noticed ? faultMs + noticed.atSeconds * 1000 : null, noticeSeconds),
    toldOnce(facts, 'FOREIGN_DNS', 'that somebody else set the weights'),
    {
      holds: early.length === 0,
      text: `before the release ${early.length === 0 ? 'nothing was changed' : `the controller made ${count(early.length, 'change')}`}`,
    },
    {
      holds: still === 0 && later.length > 0,
      text: `after the release its weights were ${still === 0 ? '' : 'not '}taken for the service's own`,
    },
    within(facts, 'the next outage was answered as ever', back?.atMs ?? null, bound.actSeconds, failSeconds),
    {
      holds: edit?.to === 'secondary' && back?.to === 'primary' && more.length === 0,
      text: `${movedWords(facts)}; to the secondary by a person and back once is right`,
    },
  ];
}

const foreignDns: Scenario = {
  name: 'foreign-dns',
  summary:
    'A person moves the record at the console: it is left alone and told once; an order to release adopts it, and the next outage is answered.',
  needs: ['failover'],
  options: () => ({}),
  plan(scene) {
    const { policy, before } = scene;
    const { service } = policy;
    const { primary, secondary } = failoverOf(policy);
    const bound = boundOf(policy, 'failover');
    const noticeSeconds = SLOW_SECONDS + 2 * intervalSecondsOf(scene);
    const releaseSeconds = noticeSeconds + HELD_SECONDS;
    const failSeconds = releaseSeconds + INSYNC_SECONDS;
    const weights = { [primary.setIdentifier]: 0, [secondary.setIdentifier]: 100 };
    const secondaryFails = { service, site: 'secondary', condition: 'refuses' } as const;
    // The release may raise the standby: what boots then must not heal the site before its rounds are over.
    const broken: Fault = { kind: 'launches-broken', ...secondaryFails, count: Number.MAX_SAFE_INTEGER };
    const fail: Fault = { kind: 'server', ...secondaryFails, which: 'all' };
    return {
      faults: [
        { afterSeconds: 0, fault: { kind: 'person', edit: 'weights', service, weights } },
        { afterSeconds: releaseSeconds, fault: broken },
        { afterSeconds: failSeconds, fault: fail },
      ],
      alarms: [],
      orders: [
        {
          afterSeconds: releaseSeconds,
          order: { order: 'release', service },
          message: 'a person orders "release": the record is meant to be as it is',
        },
      ],
      runSeconds: failSeconds + bound.actSeconds + 180,
      response: (action) => action.kind === 'moveDns' && action.to === 'primary',
      shown: (event) => event.kind === 'target' && event.site === 'secondary' && event.to === 'unhealthy',
      fullAt: () => before.primary.targets.healthy,
      judge: (facts) => judgeForeign(facts, noticeSeconds, releaseSeconds, failSeconds),
    };
  },
};

interface Unreachable {
  readonly how: 'throttled' | 'server-error' | 'silence';
  readonly forSeconds: number;
}

/** Where the rounds take longer than the record as it was last read counts, there is no move to be decided without it. */
function saidBlind({ decisions }: Facts, decideSeconds: number, forSeconds: number): Judgement {
  const isSlow = decideSeconds > DNS_READING_MS / 1000 - SLOW_SECONDS;
  const said = decisions.find(({ reason, atSeconds }) => reason === 'DNS_MISSING' && atSeconds < forSeconds);
  if (!isSlow || said === undefined) return { holds: false, text: 'that the primary is to be left was not decided' };
  const text = `before its rounds were over, within ${decideSeconds} s, the record as last read was too old: failover said so after ${said.atSeconds} s`;
  return { holds: true, text };
}

/** A standby that is small at first and ready later is two pieces of news, and each is told once. */
function toldOfMove(facts: Facts, { decideSeconds }: Bound, forSeconds: number): Judgement[] {
  const decided = facts.decisions.filter(({ action, atSeconds }) => action && leaves(action) && atSeconds < forSeconds);
  const reasons = [...new Set(decided.map(({ reason }) => reason))];
  if (reasons.length === 0) return [saidBlind(facts, decideSeconds, forSeconds)];
  return reasons.map((reason) =>
    toldOnce(facts, reason, `that the primary is to be left and cannot be (${reason})`, forSeconds),
  );
}

/** A record that could not be moved at first is moved by the first round in which Route 53 answers. */
function judgeUnreachable(facts: Facts, bound: Bound, { how, forSeconds }: Unreachable): Judgement[] {
  const answer = answered(facts, 'failover', bound);
  if (facts.actMs === null) return answer;
  const insyncMs = facts.moves[0]?.insyncMs ?? null;
  const early = facts.moves.filter(({ atMs }) => atMs < facts.scene.faultMs + forSeconds * 1000).length;
  const trouble = how === 'throttled' ? 'throttled every call' : 'was down';
  const came = early === 0 ? 'could not be moved' : `moved ${times(early)}`;
  return [
    ...answer,
    { holds: early === 0, text: `while Route 53 ${trouble} the record ${came}` },
    within(facts, 'the move was INSYNC', insyncMs, bound.actSeconds + INSYNC_SECONDS),
    ...rightReason(facts),
    ...toldOfMove(facts, bound, forSeconds),
    servedAgain(facts, movedSeconds(bound.actSeconds), 'Route 53, INSYNC and the time to live'),
    returned(facts),
  ];
}

/** Every target of the primary fails, new ones too, while Route 53 does not serve; then both heal, Route 53 first. */
function unreachable(scene: Scene, trouble: Unreachable): Plan {
  const { policy, before } = scene;
  const { forSeconds } = trouble;
  const actSeconds = forSeconds + intervalSecondsOf(scene) + ACT_SECONDS;
  const bound = { ...boundOf(policy, 'failover'), actSeconds };
  const healSeconds = healAfterSeconds(actSeconds);
  const fail = failAll(scene);
  // Servers that are replaced meanwhile would make the primary good again, and nothing would have to be moved.
  const broken = (count: number): Fault => ({
    ...{ kind: 'launches-broken', service: policy.service, site: 'primary' },
    ...{ count, condition: 'errors' },
  });
  return {
    faults: [
      { afterSeconds: 0, fault: broken(Number.MAX_SAFE_INTEGER) },
      { afterSeconds: healSeconds, fault: broken(0) },
      { afterSeconds: 0, fault: { kind: 'api', api: 'route53', ...trouble } },
      { afterSeconds: 0, fault: fail },
      { afterSeconds: healSeconds, fault: healed(fail) },
    ],
    alarms: [],
    runSeconds: healSeconds + wayBackSeconds(failoverOf(policy)),
    response: leaves,
    shown: shownBad(policy),
    fullAt: () => before.primary.targets.healthy,
    judge: (facts) => judgeUnreachable(facts, bound, trouble),
  };
}

const dnsThrottled: Scenario = {
  name: 'dns-throttled',
  summary:
    'Every target of the primary fails, new ones too, while Route 53 throttles every call: the record moves with the first call that is let through.',
  needs: ['failover'],
  options: () => ({}),
  plan(scene) {
    const { actSeconds } = boundOf(scene.policy, 'failover');
    return unreachable(scene, { how: 'throttled', forSeconds: 2 * SLOW_SECONDS + actSeconds });
  },
};

/** As long as failover cannot come to its help, the primary tries to heal by itself, though in vain here. */
function judgeAlone(facts: Facts, forSeconds: number): Judgement[] {
  const { policy, faultMs } = facts.scene;
  if (policy.health?.onUnhealthy !== 'replace') return [];
  const tried = ofKind(facts.applied, 'replaceInstance').filter(
    ({ atMs }) => atMs < faultMs + forSeconds * 1000,
  ).length;
  const replaced =
    tried === 0
      ? 'no server was replaced, and so the primary could not heal'
      : `${count(tried, 'server')} went to be replaced, one at a time, so that the primary might heal`;
  const text = `while the record could not be moved ${replaced}`;
  return [{ holds: tried > 0, text }];
}

const dnsDown: Scenario = {
  name: 'dns-down',
  summary:
    'Every target of the primary fails, new ones too, while Route 53 is down: the record moves as soon as Route 53 is back.',
  needs: ['failover'],
  options: () => ({}),
  plan(scene) {
    const how = scene.random.next() < 0.5 ? 'silence' : 'server-error';
    // For longer than the record as it was last read is gone by, and than the rounds take.
    const lastingSeconds = Math.max(DNS_READING_MS / 1000, boundOf(scene.policy, 'failover').decideSeconds);
    const forSeconds = lastingSeconds + 2 * SLOW_SECONDS;
    const plan = unreachable(scene, { how, forSeconds });
    return { ...plan, judge: (facts) => [...plan.judge(facts), ...judgeAlone(facts, forSeconds)] };
  },
};

export const DNS_SCENARIOS: readonly Scenario[] = [foreignDns, dnsThrottled, dnsDown];
