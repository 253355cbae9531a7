/**
 * The state behind its port, in one DynamoDB table. Partition key `pk`, sort key `sk`, both strings:
 *
 * | pk               | sk                     | attributes                                           |
 * |------------------|------------------------|------------------------------------------------------|
 * | `service#<name>` | `state`                | `version`, `body`                                    |
 * | `service#<name>` | `decision#<time>#<id>` | `body`, `ttl` (seconds since the epoch)              |
 * | `controller`     | `lease`                | `epoch`, `owner`, `untilMs`, `rounds` (by service)   |
 * | `controller`     | `freeze`               | `frozen`, `atMs`                                     |
 * | `controller`     | `budget`               | `version`, `body`                                    |
 * | `controller`     | `policy#<file>`        | `body`                                               |
 * | `controller`     | `drill`                | `id`, `untilMs`, `body`, `ttl`                       |
 *
 * `body` is JSON, above 32 KB packed with Brotli. What is written over what was read is written on a condition, so that of several writers one wins.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Policy, ServiceState } from '../core/model.ts';
import { revive } from '../core/state.ts';
import type { DecisionRecord, Loaded, StatePort } from '../ports.ts';
import type { Item, Key } from './items.ts';
import { bodyOf, keyOf, parsed, textOf } from './items.ts';
import { CONTROLLER_KEYS, controllerItems, tableLeases, tableSharedItems } from './state-controller.ts';
import { tableDrills } from './state-drill.ts';
import type { Table } from './table.ts';
import { getAll, getOne, getRange, onTable, putAll, putOne, putVersion } from './table.ts';

const DECISIONS_KEPT_SECONDS = 30 * 24 * 3600;

const serviceKey = (service: string): Key => keyOf(`service#${service}`, 'state');
const DECISION = 'decision#';
/** Its ISO form makes the sort keys sort by time. */
const decisionKey = (atMs: number): string => `${DECISION}${new Date(atMs).toISOString()}`;
const policyKey = (file: string): Key => keyOf('controller', `policy#${file}`);

function decisionOf(service: string, item: Item): DecisionRecord {
  const [time = '', ...id] = textOf(item, 'sk').slice(DECISION.length).split('#');
  return { service, atMs: Date.parse(time), id: id.join('#'), body: parsed<DecisionRecord['body']>(item) };
}

type ServiceItems = Pick<StatePort, 'load' | 'save' | 'log' | 'decisions' | 'loadPolicy' | 'savePolicy'>;

/** The states among the items. One that cannot be understood is told apart, so that it stops its own service only. */
function statesIn(
  services: readonly string[],
  items: ReadonlyMap<string, Item>,
): Pick<Loaded, 'states' | 'unreadable'> {
  const states = new Map<string, ServiceState>();
  const unreadable = new Map<string, string>();
  for (const service of services) {
    const item = items.get(`service#${service} state`);
    if (item === undefined) continue;
    try {
      states.set(service, revive(parsed<ServiceState>(item)));
    } catch (error) {
      unreadable.set(service, error instanceof Error ? error.message : String(error));
    }
  }
  return { states, unreadable };
}

/** What is loaded for these services, in words. */
function statesOf(services: readonly string[]): string {
  return services.length === 1 ? `the state of ${services[0]}` : `${services.length} states`;
}

function tableServiceItems(table: Table): ServiceItems {
  return {
    load: (services) =>
      onTable(table, `load ${statesOf(services)} from ${table.name}`, async () => {
        // A batch that names a key twice is refused.
        const keys = [...new Set(services)].map(serviceKey);
        const items = await getAll(table, [...CONTROLLER_KEYS, ...keys]);
        return { ...controllerItems(items), ...statesIn(services, items) };
      }),

    save: (state) =>
      onTable(table, `save ${state.service} as version ${state.version + 1}`, async () => {
        const next = { ...state, version: state.version + 1 };
        const body = bodyOf(`the state of ${state.service}`, next);
        await putVersion(table, { ...serviceKey(state.service), body }, state.version);
        return next;
      }),

    log: (records) =>
      onTable(table, `log ${records.length} decision${records.length === 1 ? '' : 's'}`, () => {
        const items = records.map(({ service, atMs, id, body }) => ({
          ...keyOf(`service#${service}`, `${decisionKey(atMs)}#${id}`),
          body: bodyOf(`decision ${id} of ${service}`, body),
          ttl: { N: String(Math.floor(atMs / 1000) + DECISIONS_KEPT_SECONDS) },
        }));
        return putAll(table, items);
      }),

    decisions: (service, fromMs) =>
      onTable(table, `read the decisions of ${service}`, async () => {
        // `$` comes after `#`, so every decision sorts before this end.
        const items = await getRange(table, `service#${service}`, decisionKey(fromMs), 'decision$');
        return items.map((item) => decisionOf(service, item));
      }),

    loadPolicy: (file) =>
      onTable(table, `load the last good ${file}`, async () => {
        const item = await getOne(table, policyKey(file));
        return item === undefined ? null : parsed<Policy>(item);
      }),

    savePolicy: (file, policy) =>
      onTable(table, `save ${file} as good`, () =>
        putOne(table, { ...policyKey(file), body: bodyOf(`policy ${file}`, policy) }),
      ),
  };
}

/**
 * @param client the DynamoDB client of the table's region.
 * @param table the table's name; `ttl` is its time-to-live attribute.
 */
export function awsState(client: () => DynamoDBClient, table: string): StatePort {
  const shared: Table = { client, name: table };
  return { ...tableServiceItems(shared), ...tableLeases(shared), ...tableSharedItems(shared), ...tableDrills(shared) };
}
