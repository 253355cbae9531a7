/** Which saved action a write carries out. */

import type { Book, SavedAction } from './invariants-book.ts';
import type { Change, Write } from './invariants-evidence.ts';
import type { Action } from './model.ts';

/** Whether this change is what that action asks for. */
export function asksFor(action: Action, change: Change): boolean {
  switch (action.kind) {
    case 'setCapacity':
      return change.kind === 'capacity' && change.site === action.site && change.to === action.to;
    case 'parkFleet':
    case 'unparkFleet':
      return change.kind === 'size' && change.minSize === action.to.minSize && change.to === action.to.desired;
    case 'deregisterTarget':
      return change.kind === 'deregister' && change.key === action.target.key;
    case 'registerTarget':
      return change.kind === 'register' && change.key === action.target.key;
    case 'replaceInstance':
      return change.kind === 'replace' && change.instanceId === action.instanceId;
    case 'moveDns':
      return change.kind === 'dns' && change.created.every((set) => action.weights[set.setIdentifier] === set.weight);
  }
}

/** The action behind a write: the newest that was not sent yet, else the newest that was; `null`: none asks for it. */
export function savedFor(book: Book, write: Write): SavedAction | null {
  const fitting = [...book.saved.values()].filter(
    ({ action, savedMs }) => savedMs <= write.sentMs && asksFor(action, write.change),
  );
  return fitting.findLast(({ sent }) => !sent) ?? fitting.at(-1) ?? null;
}
