/** What passing means, in pieces that scenarios put together. */
import type { ActionKind, Area } from '../core/model.ts';
import { secondsSince } from './result.ts';
import type { Applied, Facts, Judgement } from './scenario.ts';

const since = (facts: Facts, atMs: number): string => `${secondsSince(facts.scene.faultMs, atMs)} s`;

function within(facts: Facts, what: string, atMs: number | null, seconds: number): Judgement {
  const text =
    atMs === null
      ? `it never came to this: ${what} (expected within ${seconds} s)`
      : `${what} after ${since(facts, atMs)}`;
  const holds = atMs !== null && atMs - facts.scene.faultMs <= seconds * 1000;
  return {
    holds,
    text: holds || atMs === null ? text : `${text}, later than the ${seconds} s that the numbers promise`,
  };
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

/** Why there was no action: what the policy says, or the last thing that was decided in that area. */
function whyNot(facts: Facts, area: Area): string {
  const { policy } = facts.scene;
  const own = facts.decisions.filter((d) => d.area === area);
  const acted = own.find((d) => d.action !== null && facts.plan.response?.(d.action) === true);
  if (acted !== undefined && policy.mode === 'observe') {
    return `mode is observe: it decided ${acted.reason} after ${acted.atSeconds} s (${acted.message}) and changed nothing, as the policy asks`;
  }
  if (acted !== undefined) return `it decided ${acted.reason} after ${acted.atSeconds} s, but ${acted.notApplied}`;
  if (facts.detectMs === null)
    return `AWS never showed it, and ${area} ended with ${own.at(-1)?.reason}: ${own.at(-1)?.message}`;
  const said = own.findLast((d) => !UNEVENTFUL.includes(d.reason)) ?? own.at(-1);
  return said === undefined ? `no ${area} decision was made` : `${area} said ${said.reason}: ${said.message}`;
}

/** AWS showed the fault, and the change that answers it was accepted, as soon as the policy's numbers say. */
export function answered(facts: Facts, area: Area): Judgement[] {
  const { bound } = facts.plan;
  if (facts.actMs === null) return [{ holds: false, text: `nothing answered the fault; ${whyNot(facts, area)}` }];
  if (bound?.detectSeconds == null || bound.actSeconds === null) return [];
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
  const text = facts.writes === 0 ? 'nothing was changed' : `${facts.writes} changes: ${did.join(', ')}`;
  return { holds: facts.writes === 0, text };
}

export function ofKind<Kind extends ActionKind>(applied: readonly Applied[], kind: Kind) {
  return applied.flatMap(({ atMs, action }) =>
    action.kind === kind ? [{ atMs, action: action as Extract<Applied['action'], { kind: Kind }> }] : [],
  );
}
