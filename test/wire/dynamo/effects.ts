/** What was done to the account in a race, held against the actions that were saved and against what the scene needs. */
import type { Action } from '../../../lib/core/model.ts';
import type { WriteEvent } from '../../../lib/sim/history.ts';
import type { Scene } from './scenes.ts';

/** An action with the caller that decided and saved it. */
export interface SavedAction {
  readonly caller: string;
  readonly savedMs: number;
  readonly action: Action;
}

/** The parts of a write's input that tell what it does. */
interface Input {
  readonly AutoScalingGroupName?: string;
  readonly DesiredCapacity?: number;
  readonly Targets?: readonly { readonly Id: string; readonly Port: number }[];
  readonly InstanceId?: string;
  readonly ChangeBatch?: {
    readonly Comment?: string;
    readonly Changes?: readonly {
      readonly Action: string;
      readonly ResourceRecordSet: { readonly SetIdentifier: string; readonly Weight: number };
    }[];
  };
}

/** The change in one line: two writes with the same line did the same thing. */
function lineOf({ operation, region, input }: WriteEvent): string {
  const { AutoScalingGroupName, DesiredCapacity, Targets, InstanceId, ChangeBatch } = input as Input;
  const weights = ChangeBatch?.Changes?.filter((c) => c.Action === 'CREATE').map(
    ({ ResourceRecordSet: set }) => `${set.SetIdentifier}=${set.Weight}`,
  );
  const what = weights?.sort().join(' ') ?? Targets?.map((t) => `${t.Id}:${t.Port}`).join(' ') ?? InstanceId;
  return `${operation} ${weights === undefined ? region : 'dns'} ${what ?? `${AutoScalingGroupName} ${DesiredCapacity}`}`;
}

/** The line of the write that this action asks for. */
function lineFor(action: Action): string {
  switch (action.kind) {
    case 'setCapacity':
      return `SetDesiredCapacity ${action.region} ${action.group} ${action.to}`;
    case 'parkFleet':
    case 'unparkFleet':
      return `UpdateAutoScalingGroup ${action.region} ${action.group} ${action.to.desired}`;
    case 'deregisterTarget':
      return `DeregisterTargets ${action.region} ${action.target.key}`;
    case 'registerTarget':
      return `RegisterTargets ${action.region} ${action.target.key}`;
    case 'replaceInstance':
      return `SetInstanceHealth ${action.region} ${action.instanceId}`;
    case 'moveDns': {
      const weights = Object.entries(action.weights).map(([id, weight]) => `${id}=${weight}`);
      return `ChangeResourceRecordSets dns ${weights.sort().join(' ')}`;
    }
  }
}

/** Where an operation happened more or less often than the scene needs, and what it does not need at all. */
function miscounted(scene: Scene, events: readonly WriteEvent[]): string[] {
  const counts = new Map(Object.keys(scene.effects).map((operation) => [operation, 0]));
  for (const { operation } of events) counts.set(operation, (counts.get(operation) ?? 0) + 1);
  return [...counts].flatMap(([operation, count]) => {
    const wanted = scene.effects[operation] ?? 0;
    const [least, most] = typeof wanted === 'number' ? [wanted, wanted] : wanted;
    return count < least || count > most ? [`${operation} ${count} times, not ${String(wanted)}`] : [];
  });
}

/** `actions` are those that were saved, by id, in the order of their saves. */
export function judgeEffects(
  scene: Scene,
  events: readonly WriteEvent[],
  actions: ReadonlyMap<string, SavedAction>,
): { wrong: string[]; doubleWrites: number; replaced: Action[] } {
  const wrong = miscounted(scene, events);
  const replaced: Action[] = [];
  const sent = new Set<string>();
  const lines = new Set<string>();
  let doubleWrites = 0;
  for (const event of events) {
    const line = lineOf(event);
    // The newest: one of before that asked for the same was refused at the gate.
    const asked = [...actions.values()].findLast(
      ({ caller, savedMs, action }) =>
        caller === event.caller && savedMs <= event.sentMs && !sent.has(action.id) && lineFor(action) === line,
    );
    if (asked === undefined) wrong.push(`${event.caller}: ${line}, without a saved action that is still to be sent`);
    else {
      sent.add(asked.action.id);
      if (asked.action.kind === 'replaceInstance') replaced.push(asked.action);
    }
    if (lines.has(line)) {
      doubleWrites += 1;
      wrong.push(`${event.caller}: ${line}, for the second time`);
    }
    lines.add(line);
  }
  return { wrong, doubleWrites, replaced };
}
