/**
 * Judges a race by what reached the table and the account, not by what controllers say of themselves: every saved version
 * has one writer and was built on the version before it; every write to the account was asked for by an action that its
 * caller had saved, and nothing was done twice; no budget granted more than it has.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Action, Budget, ServiceState } from '../../../lib/core/model.ts';
import { ACCOUNT_REPLACEMENTS } from '../../../lib/core/replacements.ts';
import type { WriteEvent } from '../../../lib/sim/history.ts';
import { judgeEffects, type SavedAction } from './effects.ts';
import type { Raced } from './race.ts';
import type { Scene } from './scenes.ts';
import type { TableCall } from './stand.ts';

type Item = Readonly<Record<string, AttributeValue>>;

/** A version of an item that has versions: of a service's state, or of the budget. */
interface Versioned {
  readonly caller: string;
  readonly key: string;
  readonly version: number;
  readonly body: string;
}

function versioned(caller: string, item: Item | undefined): Versioned[] {
  if (item?.version?.N === undefined) return [];
  const key = `${item.pk?.S} ${item.sk?.S}`;
  return [{ caller, key, version: Number(item.version.N), body: item.body?.S ?? String(item.body?.B) }];
}

/** The versions that a call wrote. */
function written({ caller, operation, input }: TableCall): Versioned[] {
  return operation === 'PutItem' ? versioned(caller, (input as { Item: Item }).Item) : [];
}

/** The versions that a call read. */
function read({ caller, operation, output }: TableCall): Versioned[] {
  if (operation === 'GetItem') return versioned(caller, (output as { Item?: Item }).Item);
  if (operation !== 'BatchGetItem') return [];
  const { Responses } = output as { Responses: Record<string, Item[]> };
  return Object.values(Responses)
    .flat()
    .flatMap((item) => versioned(caller, item));
}

const named = ({ key, version }: Pick<Versioned, 'key' | 'version'>): string => `version ${version} of ${key}`;

/** Versions with two writers, and those built on something else than the version before: what that one held is lost. */
export function lostUpdates(calls: readonly TableCall[]): string[] {
  const found: string[] = [];
  const saved = new Map<string, Versioned>();
  for (const save of calls.flatMap(written)) {
    const other = saved.get(named(save));
    if (other === undefined) saved.set(named(save), save);
    else found.push(`${named(save)} has two writers, ${other.caller} and ${save.caller}`);
  }
  const known = new Map<string, string>();
  for (const call of calls) {
    for (const seen of read(call)) {
      // Version 1 was there before the race: whoever reads it first tells what it was.
      if (!saved.has(named(seen))) saved.set(named(seen), { ...seen, caller: 'nobody' });
      known.set(`${seen.caller} ${named(seen)}`, seen.body);
    }
    for (const save of written(call)) {
      const before = named({ key: save.key, version: save.version - 1 });
      const base = known.get(`${save.caller} ${before}`);
      if (save.version > 1 && base !== saved.get(before)?.body)
        found.push(`${save.caller} built ${named(save)} on something else than ${before}`);
      known.set(`${save.caller} ${named(save)}`, save.body);
    }
  }
  return found;
}

/** Each lease epoch has one holder. */
function sharedEpochs(calls: readonly TableCall[]): string[] {
  const epochs = calls.flatMap(({ operation, output }) => {
    const taken = (output as { Attributes?: Item }).Attributes?.epoch?.N;
    return operation === 'UpdateItem' && taken !== undefined ? [taken] : [];
  });
  return epochs
    .filter((epoch, index) => epochs.indexOf(epoch) < index)
    .map((epoch) => `epoch ${epoch} has two holders`);
}

/** An order that was accepted stands in every version from then on. */
function lostOrders(states: readonly ServiceState[]): string[] {
  const first = states.findIndex((s) => s.orders.capacity !== undefined);
  const lost = first < 0 ? [] : states.slice(first).filter((s) => s.orders.capacity === undefined);
  return lost.map((s) => `version ${s.version} of ${s.service} has lost the order`);
}

/** Charges: one for each action, never more than the limit, and no replacement without one. */
function overcharged(budget: Budget | null, replaced: readonly Action[]): string[] {
  if (budget === null) return ['the budget cannot be understood'];
  const ids = budget.replacements.map(({ id }) => id);
  const free = replaced.filter(({ id }) => !ids.includes(id)).map(({ id }) => `${id} replaced without a charge`);
  const most = ids.length > ACCOUNT_REPLACEMENTS ? [`${ids.length} replacements charged in five minutes`] : [];
  const twice = new Set(ids).size < ids.length ? [`an action was charged twice: ${ids.join(', ')}`] : [];
  return [...free, ...most, ...twice];
}

/** What was reported as accepted, and by whom: it must be an action that this caller had saved, and be reported once. */
function misreported({ reports }: Raced, actions: ReadonlyMap<string, SavedAction>): string[] {
  const applied = reports.flatMap(({ caller, result }) =>
    result.decisions.flatMap((d) => (d.applied && d.action !== null ? [{ caller, id: d.action.id }] : [])),
  );
  const unsaved = applied.filter(({ caller, id }) => actions.get(id)?.caller !== caller);
  const ids = applied.map(({ id }) => id);
  return [
    ...unsaved.map(({ caller, id }) => `${caller} reports ${id}, which it never saved`),
    ...ids.filter((id, index) => ids.indexOf(id) < index).map((id) => `${id} is reported twice`),
  ];
}

/**
 * Whoever loses does nothing, and a person is told when somebody came in between. A cycle of many actions over a slow table
 * may outlast its round and is cut: what it did by then, and does not do after, is judged like everything else.
 */
const MEANT = ['LOST_RACE', 'NOT_APPLIED', 'ROUND_CUT'];

export interface Verdict {
  /** Everything that is wrong, in words; empty for a good race. */
  readonly wrong: readonly string[];
  /** Writes to the account that were one too many. */
  readonly doubleWrites: number;
  /** Writes to the account that had their effect. */
  readonly writes: number;
  /** Saves that lost to another writer. */
  readonly lostRaces: number;
}

/** The verdict over one race; `final` is the table as another client reads it at the end, `services` by name. */
export async function judge(scene: Scene, raced: Raced): Promise<Verdict> {
  const { stand, markMs, problems } = raced;
  const calls = stand.tableCalls;
  const services = scene.policies.map((p) => p.service);
  const last = await stand.table.load(services);
  const states = calls.flatMap((call) =>
    written(call)
      .filter(({ key }) => key.endsWith(' state'))
      .map(({ caller, body }) => ({ caller, savedMs: call.atMs, state: JSON.parse(body) as ServiceState })),
  );
  const actions = new Map<string, SavedAction>();
  for (const { caller, savedMs, state } of states)
    for (const { action } of state.pending)
      if (!actions.has(action.id)) actions.set(action.id, { caller, savedMs, action });
  const events = stand.world.history.events.filter(
    (e): e is WriteEvent => e.kind === 'write' && e.atMs >= markMs - 1000 && e.effectMs !== null,
  );
  const effects = judgeEffects(scene, events, actions);
  const orphans = services.flatMap((service) => {
    const newest = Math.max(1, ...states.filter((s) => s.state.service === service).map((s) => s.state.version));
    const now = last.states.get(service)?.version;
    return now === newest ? [] : [`the table has version ${now} of ${service}, the newest saved is ${newest}`];
  });
  const wrong = [
    ...lostUpdates(calls),
    ...orphans,
    ...sharedEpochs(calls),
    ...services.flatMap((service) => lostOrders(states.map((s) => s.state).filter((s) => s.service === service))),
    ...misreported(raced, actions),
    ...overcharged(last.budget, effects.replaced),
    ...effects.wrong,
    ...stand.errors,
    ...Object.keys(problems)
      .filter((code) => !MEANT.includes(code))
      .map((code) => `a cycle answered ${code}`),
  ];
  return { wrong, doubleWrites: effects.doubleWrites, writes: events.length, lostRaces: problems.LOST_RACE ?? 0 };
}
