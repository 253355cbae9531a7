/** One notification per incident, not per round. */
import type { Action, Decision, Incident, Notice, Outcome, ServiceState } from './model.ts';
import { messageOf, reasonOf } from './reasons.ts';

/** An incident that was not seen for this long, or for so many rounds, is over; the same reason is then a new one. */
const QUIET_MS = 120_000;
const QUIET_INTERVALS = 3;
/** How often the last sight of a lasting incident is written down: seldom, because each time costs a save. */
const REFRESH_MS = 30_000;
/** How often it is tried again to tell what could not be told: a topic that is gone must not cost a call in every round. */
const RETRY_MS = 60_000;
/** What is harmless for a round or two, and means that nobody looks after the service when it stays, is told after so long. */
export const LASTING_MS = 600_000;
/** What could not be told for so long is old news. */
const UNTOLD_MS = 86_400_000;

type Incidents = Readonly<Record<string, Incident>>;

/** Marks `key` as seen now; says whether that begins an incident. */
function see(incidents: Incidents, key: string, nowMs: number): { incidents: Incidents; isNew: boolean } {
  const known = incidents[key];
  if (known === undefined)
    return { incidents: { ...incidents, [key]: { sinceMs: nowMs, lastMs: nowMs } }, isNew: true };
  if (nowMs - known.lastMs < REFRESH_MS) return { incidents, isNew: false };
  return { incidents: { ...incidents, [key]: { ...known, lastMs: nowMs } }, isNew: false };
}

/**
 * The incidents that go on. One that has to last first, and has not, ends with the first round that does not show it: once
 * every other minute is no lasting trouble.
 */
function endQuiet(incidents: Incidents, shown: ReadonlySet<string>, intervalMs: number, nowMs: number): Incidents {
  const quietMs = Math.max(QUIET_MS, QUIET_INTERVALS * intervalMs);
  const entries = Object.entries(incidents);
  const kept = entries.filter(([key, { lastMs, untold, told }]) => {
    if (told === false && !shown.has(key)) return false;
    return nowMs - lastMs <= (untold === undefined ? quietMs : UNTOLD_MS);
  });
  return kept.length === entries.length ? incidents : Object.fromEntries(kept);
}

/** What of a decision says which incident it belongs to. */
type Told = Pick<Decision, 'area' | 'reason' | 'numbers'>;

/** The incident that a decision belongs to: each site's probe has its own. */
export function incidentOf({ area, reason, numbers }: Told): string {
  return reason === 'PROBE_DOUBTED' ? `${area}:${reason}:${numbers.site}` : `${area}:${reason}`;
}

/** Notices of which it is not known that they were sent, once more. By now they are late. */
function untoldNotices(incidents: Incidents, nowMs: number): Notice[] {
  return Object.entries(incidents).flatMap(([incident, { sinceMs, untold }]) => {
    if (untold === undefined || nowMs - untold.triedMs < RETRY_MS) return [];
    return [{ incident, title: untold.title, message: untold.message, sinceMs }];
  });
}

/** The incidents with these notices as not told yet: each is sent again in a minute, unless that is noted (`noteTold`). */
function withUntold(incidents: Incidents, notices: readonly Notice[], nowMs: number): Incidents {
  const untold = notices.map(({ incident, title, message }): [string, Incident] => {
    const known = incidents[incident] ?? { sinceMs: nowMs, lastMs: nowMs };
    return [incident, { ...known, untold: { title, message, triedMs: nowMs } }];
  });
  return untold.length === 0 ? incidents : { ...incidents, ...Object.fromEntries(untold) };
}

/** One notice of all that has lasted: what ripens in one round has one cause. */
function lastingNotice(ripe: readonly Notice[]): Notice[] {
  const [first] = ripe;
  if (first === undefined) return [];
  const message = ripe.map((notice) => notice.message).join('; ');
  return [{ ...first, message: `${message} (for ${LASTING_MS / 60_000} minutes now)` }];
}

/**
 * The incidents after these decisions, and a notice for each that begins with them, has lasted, or that nobody was told of yet.
 * @param intervalMs between two rounds.
 */
export function trackIncidents(
  before: Incidents,
  decisions: readonly Told[],
  intervalMs: number,
  nowMs: number,
): { incidents: Incidents; notices: Notice[] } {
  const telling = decisions.filter(({ reason }) => reasonOf(reason).notify !== undefined);
  // In most rounds there is nothing to tell, and nothing is remembered: the rest need not be worked out then.
  if (telling.length === 0 && Object.keys(before).length === 0) return { incidents: before, notices: [] };
  let incidents = endQuiet(before, new Set(telling.map(incidentOf)), intervalMs, nowMs);
  const late = untoldNotices(incidents, nowMs);
  const fresh: Notice[] = [];
  const ripe: Notice[] = [];
  for (const decision of telling) {
    const { reason } = decision;
    const incident = incidentOf(decision);
    const seen = see(incidents, incident, nowMs);
    incidents = seen.incidents;
    const notice = { incident, title: reason, message: messageOf(decision) };
    if (reasonOf(reason).notify === 'at once') {
      if (seen.isNew) fresh.push(notice);
      continue;
    }
    const known = incidents[incident] as Incident;
    const told = known.told === true || nowMs - known.sinceMs >= LASTING_MS;
    if (known.told === told) continue;
    incidents = { ...incidents, [incident]: { ...known, told } };
    if (told) ripe.push(notice);
  }
  fresh.push(...lastingNotice(ripe));
  return { incidents: withUntold(incidents, fresh, nowMs), notices: [...late, ...fresh] };
}

/** What became of an action: what kind it was, and which target it was about, if one. */
export type NamedOutcome = Outcome & { readonly kind: Action['kind']; readonly key: string | null };

/** The outcomes of these actions, with what each was about. */
export function namedOutcomes(actions: readonly Action[], outcomes: readonly Outcome[]): NamedOutcome[] {
  return outcomes.flatMap((outcome) => {
    const action = actions.find(({ id }) => id === outcome.actionId);
    if (action === undefined) return [];
    return [{ ...outcome, kind: action.kind, key: 'target' in action ? action.target.key : null }];
  });
}

/** What a person should know of a refusal to have a target back, and `null` where it was told the first time. */
function wayOf({ kind, key, atMs }: NamedOutcome, { health }: ServiceState): string | null {
  if (kind !== 'registerTarget' || key === null) return '';
  const ejection = health.ejected[key];
  if (ejection === undefined) return `; ${key} is left out now: register it by hand`;
  return ejection.refusedMs === atMs ? `; ${key} is tried again for a day, should it be stopped` : null;
}

/** What AWS denied needs a person: one notification for each kind of action. `state`: with the outcomes in it. */
export function trackRefusals(
  state: ServiceState,
  outcomes: readonly NamedOutcome[],
  nowMs: number,
): { state: ServiceState; notices: Notice[] } {
  let { incidents } = state;
  const notices: Notice[] = [];
  for (const outcome of outcomes) {
    if (outcome.result !== 'refused' || (outcome.why !== 'DENIED' && outcome.why !== 'NOT_FOUND')) continue;
    const way = outcome.why === 'DENIED' ? '' : wayOf(outcome, state);
    if (way === null) continue;
    const incident = `${outcome.kind}:${outcome.why}`;
    const seen = see(incidents, incident, nowMs);
    incidents = seen.incidents;
    if (!seen.isNew) continue;
    const message = `${outcome.kind} was refused by AWS: ${outcome.why} ${outcome.detail ?? ''}`.trim();
    notices.push({ incident, title: 'REFUSED', message: `${message}${way}` });
  }
  incidents = withUntold(incidents, notices, nowMs);
  return { state: incidents === state.incidents ? state : { ...state, incidents }, notices };
}

/**
 * The state after these notices were sent, except those of the incidents `failed`: these are sent again a minute later,
 * for what happened only once would otherwise never be told.
 */
export function noteTold(
  state: ServiceState,
  notices: readonly Notice[],
  failed: readonly string[],
  nowMs: number,
): ServiceState {
  const unsent = notices.filter(({ incident }) => failed.includes(incident));
  const told = notices.flatMap(({ incident, sinceMs, ...notice }): [string, Incident][] => {
    const known = state.incidents[incident];
    const open = sinceMs === undefined ? notice.open : known?.open;
    const isNoted = known === undefined || (known.untold === undefined && known.open === open);
    return isNoted ? [] : [[incident, { ...known, untold: undefined, open }]];
  });
  if (unsent.length + told.length === 0) return state;
  return { ...state, incidents: withUntold({ ...state.incidents, ...Object.fromEntries(told) }, unsent, nowMs) };
}
