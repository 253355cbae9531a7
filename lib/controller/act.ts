/** The one gate: every change to a user's group, target or record passes here, and nowhere else. */
import { ACCOUNT_FAILBACKS, FAILBACK_ENDS_MS } from '../core/failback.ts';
import { drillOn, type LiveDrill } from '../core/live-drill.ts';
import type { Action, Outcome, Policy, Refusal, ServiceState } from '../core/model.ts';
import { ACCOUNT_REPLACEMENTS } from '../core/replacements.ts';
import { FIVE_MINUTES_MS } from '../core/state.ts';
import type { ControllerItems, PortErrorKind, Ports } from '../ports.ts';
import { precondition, type Refused, unlike } from './preconditions.ts';
import { isPortError } from './reading.ts';

/** An action may be applied for this long after it was decided, which is just before it was saved: less than a round. */
export const NOT_AFTER_MS = 4000;

/** What a writer must still be true to, as it read it when it began. */
export interface Fence {
  /** Of the lease; `null`: there was none. */
  readonly epoch: number | null;
  /** The id of the live drill under which it saw its targets; `null`: it saw them as they are. */
  readonly drill: string | null;
}

const REFUSED_BECAUSE: Readonly<Record<Exclude<PortErrorKind, 'Unavailable'>, Refusal>> = {
  NotFound: 'NOT_FOUND',
  Denied: 'DENIED',
  Throttled: 'THROTTLED',
  Conflict: 'CONFLICT',
};

async function overBudget(ports: Ports, service: string, action: Action): Promise<Refused | null> {
  const entry = { id: action.id, service, atMs: ports.clock.nowMs() };
  let granted = true;
  if (action.kind === 'replaceInstance') {
    granted = await ports.state.charge('replacements', entry, ACCOUNT_REPLACEMENTS, FIVE_MINUTES_MS);
  } else if (action.kind === 'moveDns' && action.cause === 'failback') {
    granted = await ports.state.charge('failbacks', entry, ACCOUNT_FAILBACKS, FAILBACK_ENDS_MS);
  }
  return granted ? null : { why: 'ACCOUNT_BUDGET' };
}

/** What was not written did not come about: else three tries at what is denied to one service would stop every other's for minutes. */
async function giveBack(ports: Ports, service: string, action: Action): Promise<void> {
  try {
    if (action.kind === 'replaceInstance') await ports.state.releaseReplacement(action.id);
    else if (action.kind === 'moveDns' && action.cause === 'failback') await ports.state.releaseFailback(service);
  } catch (error) {
    if (!isPortError(error)) throw error;
    // It then counts until its window is over.
    ports.journal.write('warn', `what ${action.id} was charged was not given back: ${error.message}`, { service });
  }
}

/** What keeps the gate shut for this service whatever the action and whatever AWS says; `null`: nothing. */
function shutBy(policy: Policy, state: ServiceState): Refusal | null {
  if (policy.mode === 'observe') return 'OBSERVE_MODE';
  return state.orders.hold === undefined ? null : 'HELD';
}

/**
 * The outcomes of actions that the gate is sure to refuse, so that nothing needs to be saved before them: an incident in
 * observe mode would else cost two saves a round. `null`: they have to be tried.
 */
export function refusedAtOnce(
  policy: Policy,
  state: ServiceState,
  actions: readonly Action[],
  nowMs: number,
): Outcome[] | null {
  const why = shutBy(policy, state);
  return why === null ? null : actions.map(({ id }) => ({ actionId: id, result: 'refused', atMs: nowMs, why }));
}

const late = ({ clock }: Ports, notAfterMs: number): Refused | null =>
  clock.nowMs() > notAfterMs ? { why: 'LATE' } : null;

/** The live drill that the writer decided under, if it is still on; `null`: it is over, or there was none. */
function drillStill(
  ports: Ports,
  policy: Policy,
  state: ServiceState,
  { drill }: ControllerItems,
  fence: Fence,
): LiveDrill | null {
  const on = drillOn(drill, policy, state, ports.clock.nowMs());
  return on !== null && on.id === fence.drill ? on : null;
}

/** What stands against this action at this moment, the account's budget aside; `null`: the gate is open. */
async function closed(
  ports: Ports,
  policy: Policy,
  state: ServiceState,
  action: Action,
  fence: Fence,
  notAfterMs: number,
): Promise<Refused | null> {
  const shut = shutBy(policy, state);
  if (shut !== null) return { why: shut };
  const early = late(ports, notAfterMs);
  if (early !== null) return early;
  const loading = ports.state.load([policy.service]);
  const drill = loading.then(
    (now) => drillStill(ports, policy, state, now, fence),
    () => null,
  );
  const [now, broken] = await Promise.all([loading, precondition(ports, policy, state, action, drill)]);
  if (now.frozen) return { why: 'FROZEN' };
  if ((now.lease?.epoch ?? null) !== fence.epoch)
    return { why: 'FENCED', detail: `lease epoch ${now.lease?.epoch ?? 'none'}` };
  // Whoever wrote since (an order to hold, another cycle) knows more than this one did.
  const version = now.states.get(policy.service)?.version ?? 0;
  if (version !== state.version)
    return { why: 'FENCED', detail: `the state has version ${version}, not ${state.version}` };
  // What a drill made seem right is no longer so when it has ended: the next round sees things as they are.
  if (fence.drill !== null && drillStill(ports, policy, state, now, fence) === null)
    return unlike('the live drill has ended');
  // What is not going to be written is not charged.
  return broken ?? late(ports, notAfterMs);
}

/** The write itself; returns the change's id where there is one. */
async function apply(ports: Ports, action: Action): Promise<string | undefined> {
  switch (action.kind) {
    case 'setCapacity':
      await ports.fleet.setCapacity(action.region, action.group, action.to);
      return undefined;
    case 'parkFleet':
    case 'unparkFleet':
      await ports.fleet.setSize(action.region, action.group, action.to);
      return undefined;
    case 'deregisterTarget':
      await ports.targets.deregister(action.region, action.targetGroup, action.target);
      return undefined;
    case 'registerTarget':
      await ports.targets.register(action.region, action.targetGroup, action.target);
      return undefined;
    case 'replaceInstance':
      await ports.fleet.replaceInstance(action.region, action.instanceId);
      return undefined;
    case 'moveDns': {
      const { changeId } = await ports.dns.move(
        action.hostedZoneId,
        action.sets,
        action.weights,
        `evenkeel ${action.id}: ${action.reason}`,
      );
      return changeId;
    }
  }
}

async function actOne(
  ports: Ports,
  policy: Policy,
  state: ServiceState,
  action: Action,
  fence: Fence,
  notAfterMs: number,
): Promise<Outcome> {
  let writing = false;
  let mayBeCharged = false;
  const at = { actionId: action.id };
  const refuse = async (refused: Refused): Promise<Outcome> => {
    const atMs = ports.clock.nowMs();
    if (mayBeCharged) await giveBack(ports, policy.service, action);
    return { ...at, result: 'refused', atMs, ...refused };
  };
  try {
    const refused = await closed(ports, policy, state, action, fence, notAfterMs);
    if (refused !== null) return await refuse(refused);
    mayBeCharged = true;
    const over = await overBudget(ports, policy.service, action);
    mayBeCharged = over === null;
    const stopped = over ?? late(ports, notAfterMs);
    if (stopped !== null) return await refuse(stopped);
    writing = true;
    const changeId = await apply(ports, action);
    return { ...at, result: 'applied', atMs: ports.clock.nowMs(), changeId };
  } catch (error) {
    if (!isPortError(error)) throw error;
    // A check that could not be made keeps the gate shut; a write without an answer may have happened.
    const detail = error.message;
    if (!writing) return refuse({ why: 'UNCHECKED', detail });
    if (error.kind === 'Unavailable') return { ...at, result: 'unclear', atMs: ports.clock.nowMs(), detail };
    return refuse({ why: REFUSED_BECAUSE[error.kind], detail });
  }
}

/**
 * Applies the actions of one cycle in their order, each at most once and only while everything it was decided on still
 * holds. Never rejects for what the world does: every action has an outcome.
 * `state` is the state as saved, `decidedMs` when it was decided: a process that was frozen while it saved is late.
 */
export async function act(
  ports: Ports,
  policy: Policy,
  state: ServiceState,
  actions: readonly Action[],
  fence: Fence,
  decidedMs: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const applied = new Set<string>();
  for (const action of actions) {
    const first = action.kind === 'replaceInstance' ? action.after : null;
    if (first !== null && !applied.has(first)) {
      outcomes.push({
        actionId: action.id,
        result: 'refused',
        atMs: ports.clock.nowMs(),
        why: 'NOT_FIRST',
        detail: first,
      });
      continue;
    }
    const outcome = await actOne(ports, policy, state, action, fence, decidedMs + NOT_AFTER_MS);
    if (outcome.result === 'applied') applied.add(action.id);
    outcomes.push(outcome);
  }
  return outcomes;
}
