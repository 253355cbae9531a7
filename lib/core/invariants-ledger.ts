/** The books that the invariants are checked in: what was true when, and what the controller saved and sent. */
import type { Change } from './invariants-evidence.ts';
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
      return (
        change.kind === 'dns' && change.created.every((set) => action.weights[set.setIdentifier ?? ''] === set.weight)
      );
  }
}
