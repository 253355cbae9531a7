/** What all services share in the state table: lease, freeze and budgets, and the live drill as it is read beside them. Their items are listed in state.ts. */
import { type AttributeValue, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { charged, EMPTY_BUDGET, released, withoutReplacement } from '../core/budget.ts';
import type { Budget } from '../core/model.ts';
import type { ControllerItems, Lease, StatePort } from '../ports.ts';
import { PortError, UNREADABLE_BUDGET } from '../ports.ts';
import { present } from './errors.ts';
import type { Item } from './items.ts';
import { bodyOf, keyOf, numberOf, parsed, textOf } from './items.ts';
import { DRILL, drillOf } from './state-drill.ts';
import type { Table } from './table.ts';
import { CLAUSE, getAll, getOne, onTable, putOne, putVersion } from './table.ts';

const LEASE = keyOf('controller', 'lease');
const FREEZE = keyOf('controller', 'freeze');
const BUDGET = keyOf('controller', 'budget');

export const CONTROLLER_KEYS = [LEASE, FREEZE, BUDGET, DRILL];

/** Writers of the budget meet seldom, and one of them always wins: this many losses in a row mean something else. */
const BUDGET_TRIES = 10;

function isConflict(error: unknown): boolean {
  return error instanceof PortError && error.kind === 'Conflict';
}

/** A version of us that did not write down rounds by service left none: to know of no round is safe, it costs the counts. */
function roundsOf(rounds: Item): Lease['rounds'] {
  return new Map(Object.keys(rounds).map((service) => [service, numberOf(rounds, service)]));
}

function leaseOf(item: Item): Lease {
  return {
    epoch: numberOf(item, 'epoch'),
    owner: textOf(item, 'owner'),
    untilMs: numberOf(item, 'untilMs'),
    rounds: roundsOf(item.rounds?.M ?? {}),
  };
}

/** The budget of this item; `null` when it cannot be understood: what need not be charged does not wait for a person. */
function budgetOf(item: Item | undefined): Budget | null {
  if (item === undefined) return EMPTY_BUDGET;
  try {
    const { replacements, failbacks } = parsed<Partial<Budget>>(item);
    return Array.isArray(replacements) && Array.isArray(failbacks) ? { replacements, failbacks } : null;
  } catch {
    return null;
  }
}

/** The controller's items out of what was read by `CONTROLLER_KEYS`. */
export function controllerItems(items: ReadonlyMap<string, Item>): ControllerItems {
  const lease = items.get('controller lease');
  const freeze = items.get('controller freeze');
  return {
    lease: lease === undefined ? null : leaseOf(lease),
    frozen: freeze?.frozen?.BOOL === true,
    budget: budgetOf(items.get('controller budget')),
    drill: drillOf(items.get('controller drill')),
  };
}

/** What has happened so far stays: the epoch counts on, and the rounds of the last holder are where the next goes on. */
const TAKE_LEASE =
  'SET #epoch = if_not_exists(#epoch, :zero) + :one, #owner = :owner, #untilMs = :untilMs, #rounds = if_not_exists(#rounds, :none)';

async function takeLease(
  table: Table,
  request: { owner: string; nowMs: number; untilMs: number; takeOver: boolean },
): Promise<Lease> {
  const names = { '#epoch': 'epoch', '#owner': 'owner', '#untilMs': 'untilMs', '#rounds': 'rounds' };
  const values = {
    ':zero': { N: '0' },
    ':one': { N: '1' },
    ':none': { M: {} },
    ':owner': { S: request.owner },
    ':untilMs': { N: String(request.untilMs) },
  };
  const update = { TableName: table.name, Key: LEASE, UpdateExpression: TAKE_LEASE, ReturnValues: 'ALL_NEW' as const };
  const command = request.takeOver
    ? new UpdateItemCommand({ ...update, ExpressionAttributeNames: names, ExpressionAttributeValues: values })
    : new UpdateItemCommand({
        ...update,
        ConditionExpression: `${CLAUSE.absent} OR ${CLAUSE.ranOut}`,
        ExpressionAttributeNames: { ...names, '#pk': 'pk' },
        ExpressionAttributeValues: { ...values, ':nowMs': { N: String(request.nowMs) } },
      });
  const answer = await table.client().send(command);
  return leaseOf(present(answer.Attributes, 'Attributes'));
}

/** Sets one attribute of the lease, on condition that it is still this one. */
async function setInLease(
  table: Table,
  lease: Lease,
  [attribute, value]: ['untilMs' | 'rounds', AttributeValue],
): Promise<void> {
  await table.client().send(
    new UpdateItemCommand({
      TableName: table.name,
      Key: LEASE,
      UpdateExpression: 'SET #attribute = :value',
      ConditionExpression: CLAUSE.epochIsStill,
      ExpressionAttributeNames: { '#epoch': 'epoch', '#attribute': attribute },
      ExpressionAttributeValues: { ':epoch': { N: String(lease.epoch) }, ':value': value },
    }),
  );
}

/** The budget as it stands, with the version that it has; 0: it was never written. */
async function readBudget(table: Table): Promise<{ budget: Budget; version: number }> {
  const item = await getOne(table, BUDGET);
  const budget = budgetOf(item);
  if (budget === null) throw new PortError('Unavailable', UNREADABLE_BUDGET);
  return { budget, version: item === undefined ? 0 : numberOf(item, 'version') };
}

/**
 * Reads the budget, changes it and writes it on condition that nobody else did; again from the start when somebody did.
 * A write without an answer is read back: what it did is then known, or it is left at that.
 * @param change the new budget; the same one to write nothing; `null` to write nothing and refuse.
 * @returns whether `change` did not refuse.
 */
async function changeBudget(table: Table, change: (budget: Budget) => Budget | null): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const { budget, version } = await readBudget(table);
    const after = change(budget);
    if (after === null) return false;
    if (after === budget) return true;
    try {
      const body = bodyOf('the budget', after);
      await onTable(table, 'save the budget', () => putVersion(table, { ...BUDGET, body }, version));
      return true;
    } catch (error) {
      if (isConflict(error) && attempt < BUDGET_TRIES) continue;
      if (!(error instanceof PortError) || error.kind !== 'Unavailable') throw error;
      const now = (await readBudget(table)).budget;
      if (change(now) !== now) throw error;
      return true;
    }
  }
}

type Leases = Pick<StatePort, 'takeLease' | 'renewLease' | 'endLease'>;

export function tableLeases(table: Table): Leases {
  return {
    takeLease: (owner, nowMs, untilMs, takeOver) =>
      onTable(table, 'take the lease', () => takeLease(table, { owner, nowMs, untilMs, takeOver })),

    renewLease: (lease, rounds) => {
      const M = Object.fromEntries([...rounds].map(([service, ms]) => [service, { N: String(ms) }]));
      return onTable(table, 'write down the rounds in the lease', () => setInLease(table, lease, ['rounds', { M }]));
    },

    endLease: async (lease, nowMs) => {
      try {
        await onTable(table, 'end the lease', () => setInLease(table, lease, ['untilMs', { N: String(nowMs) }]));
      } catch (error) {
        // Another has taken it: there is nothing of ours to end.
        if (!isConflict(error)) throw error;
      }
    },
  };
}

type SharedItems = Pick<
  StatePort,
  'loadController' | 'setFrozen' | 'charge' | 'releaseReplacement' | 'releaseFailback'
>;

export function tableSharedItems(table: Table): SharedItems {
  return {
    loadController: () =>
      onTable(table, `load the controller's items from ${table.name}`, async () =>
        controllerItems(await getAll(table, CONTROLLER_KEYS)),
      ),

    setFrozen: (frozen, nowMs) =>
      onTable(table, frozen ? 'freeze' : 'unfreeze', () =>
        putOne(table, { ...FREEZE, frozen: { BOOL: frozen }, atMs: { N: String(nowMs) } }),
      ),

    charge: (kind, entry, limit, windowMs) =>
      onTable(table, `charge the ${kind} budget`, () =>
        changeBudget(table, (budget) => charged(budget, kind, entry, limit, windowMs)),
      ),

    releaseReplacement: (id) =>
      onTable(table, `release the replacement ${id}`, async () => {
        await changeBudget(table, (budget) => withoutReplacement(budget, id));
      }),

    releaseFailback: (service) =>
      onTable(table, `release the failback of ${service}`, async () => {
        await changeBudget(table, (budget) => released(budget, service));
      }),
  };
}
