/** What passing means, in pieces that scenarios put together. */
import type { ActionKind, Area, SiteName } from '../core/model.ts';
import { count } from '../policy/count.ts';
import { secondsSince } from './result.ts';
import type { Applied, Bound, Facts, Judgement } from './scenario.ts';

export const since = (facts: Facts, atMs: number): string => `${secondsSince(facts.scene.faultMs, atMs)} s`;

/** So often, as one says it. */
export const times = (n: number): string => (n === 1 ? 'once' : `${n} times`);

/** It came to this, and no later than `seconds` after the fault, or after what began `fromSeconds` after it. */
export function within(facts: Facts, what: string, atMs: number | null, seconds: number, fromSeconds = 0): Judgement {
  if (atMs === null) return { holds: false, text: `it never came to this: ${what} (expected within ${seconds} s)` };
  const fromMs = facts.scene.faultMs + fromSeconds * 1000;
  const holds = atMs - fromMs <= seconds * 1000;
  const late = holds ? '' : `, later than the ${seconds} s that the numbers promise`;
  return { holds, text: `${what} after ${secondsSince(fromMs, atMs)} s${late}` };
}

/** Where the record was moved, and when: each at its second of the drill, as in the timeline. */
export function movedWords(facts: Facts): string {
  if (facts.moves.length === 0) return 'the record never moved';
  const words = facts.moves.map(
    ({ to, atMs }) => `to ${to === null ? 'both sites' : `the ${to}`} at ${since(facts, atMs)}`,
  );
  return `the record moved ${words.join(', ')}`;
}

/** Reasons that say nothing about why something was not done. */
const UNEVENTFUL: readonly string[] = [
  'HEALTHY',
  'WATCHING',
  'WATCHING_SITE',
  'ON_PRIMARY',
  'STEADY',
  'PENDING',
  'STABILIZING',
  'RAISE_STANDBY',
  'RESTORE_STANDBY',
];

/** Why there was no action: what became of it, or the last thing that was decided in that area. */
function whyNot({ decisions, detectMs, plan }: Facts, area: Area): string {
  const own = decisions.filter((d) => d.area === area);
  const acted = own.find((d) => d.action !== null && plan.response?.(d.action) === true);
  if (acted !== undefined) {
    const observing = acted.notApplied === 'OBSERVE_MODE';
    const why = observing ? 'mode is observe: it changed nothing, as the policy asks' : acted.notApplied;
    return `it decided ${acted.reason} after ${acted.atSeconds} s (${acted.message}), but ${why}`;
  }
  const said = own.findLast((d) => !UNEVENTFUL.includes(d.reason)) ?? own.at(-1);
  const seen = detectMs === null ? 'AWS never showed it; ' : '';
  return `${seen}${area} said ${said?.reason}: ${said?.message}`;
}

/** AWS showed the fault, and the change that answers it was accepted, as soon as the policy's numbers say. */
export function answered(facts: Facts, area: Area, bound: Bound): Judgement[] {
  if (facts.actMs === null) return [{ holds: false, text: `nothing answered the fault; ${whyNot(facts, area)}` }];
  return [
    within(facts, 'AWS showed the fault', facts.detectMs, bound.detectSeconds),
    within(facts, 'the change was accepted', facts.actMs, bound.actSeconds),
  ];
}

/** The last request failed soon enough. */
export function servedAgain(facts: Facts, seconds: number, because: string): Judgement {
  const { lastFailedMs, scene } = facts;
  if (lastFailedMs === null) return { holds: true, text: 'no request failed' };
  const holds = lastFailedMs - scene.faultMs <= seconds * 1000;
  return {
    holds,
    text: `the last request failed after ${since(facts, lastFailedMs)}; ${seconds} s are explained by ${because}`,
  };
}

export function fullAgain(facts: Facts, seconds: number): Judgement {
  return within(facts, 'capacity was full again', facts.fullMs, seconds);
}

/** Nothing at all was written. */
export function nothingChanged(facts: Facts): Judgement {
  const did = facts.applied.map(({ atMs, action }) => `${action.kind} (${action.reason}) after ${since(facts, atMs)}`);
  const text = facts.writes === 0 ? 'nothing was changed' : `${count(facts.writes, 'change')}: ${did.join(', ')}`;
  return { holds: facts.writes === 0, text };
}

export function ofKind<Kind extends ActionKind>(applied: readonly Applied[], kind: Kind) {
  return applied.flatMap(({ atMs, action }) =>
    action.kind === kind ? [{ atMs, action: action as Extract<Applied['action'], { kind: Kind }> }] : [],
  );
}

/** How many targets of the site were healthy, after each that turned since the fault. */
function* healthyCounts({ scene }: Facts, site: SiteName) {
  const { world, faultMs, policy, before } = scene;
  let healthy = before[site]?.targets.healthy ?? 0;
  for (const event of world.history.events) {
    if (event.kind !== 'target' || event.service !== policy.service || event.site !== site) continue;
    if (event.atMs < faultMs) continue;
    healthy += Number(event.to === 'healthy') - Number(event.from === 'healthy');
    yield { atMs: event.atMs, healthy, isMore: event.to === 'healthy' };
  }
}

/** When a target that turned healthy first made them this many at the site after the fault; null: never. */
export function healthyMs(facts: Facts, site: SiteName, wanted: number): number | null {
  for (const { atMs, healthy, isMore } of healthyCounts(facts, site)) if (isMore && healthy >= wanted) return atMs;
  return null;
}

/** How many targets of the site were healthy at that time. */
export function healthyAt(facts: Facts, site: SiteName, timeMs: number): number {
  const until = [...healthyCounts(facts, site)].findLast(({ atMs }) => atMs <= timeMs);
  return until?.healthy ?? facts.scene.before[site]?.targets.healthy ?? 0;
}

/** Whoever is on call was told this once, until `untilSeconds` if that is given: not in silence, and not in every round. */
export function toldOnce({ told, scene }: Facts, title: string, what: string, untilSeconds = Infinity): Judgement {
  if (scene.policy.notify === undefined) return { holds: true, text: `the policy names nobody to be told ${what}` };
  const untilMs = scene.faultMs + untilSeconds * 1000;
  const often = told.filter(
    ({ atMs, subject }) => atMs < untilMs && subject === `evenkeel ${scene.policy.service}: ${title}`,
  ).length;
  return { holds: often === 1, text: `whoever is on call was told ${times(often)} ${what}` };
}
