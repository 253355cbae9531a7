/** What happens in a simulation besides what AWS does by itself: numbered, so that a part of it can be left out. */
import type { LiveRequest } from '../events/drill-request.ts';
import type { Order } from '../events/order.ts';
import type { Fault } from '../sim/faults.ts';

/** Something that somebody other than the world does to the controller. */
export type Disturbance =
  | Fault
  /** An order by hand. */
  | { readonly kind: 'order'; readonly order: Order }
  /** A live drill, asked for by hand. */
  | { readonly kind: 'drill'; readonly request: LiveRequest }
  /** Another loop beside the schedule's, by hand (`rounds`) or as if EventBridge had sent one tick more (`null`). */
  | { readonly kind: 'tick'; readonly rounds: number | null }
  /** The package is deployed with this text in place of the service's policy. */
  | {
      readonly kind: 'policy';
      readonly service: string;
      readonly how: 'changed' | 'broken' | 'mended';
      readonly text: string;
    };

/** One entry of the schedule; what it begins ends with `end`, if it is to end before everything heals. */
export interface Planned {
  readonly number: number;
  readonly atSeconds: number;
  readonly what: Disturbance;
  readonly end?: { readonly afterSeconds: number; readonly what: Disturbance } | undefined;
}

/** The kind of a disturbance, as finely as coverage counts it: `api throttled`, `person weights`, `order hold`. */
export function labelOf(what: Disturbance): string {
  switch (what.kind) {
    case 'api':
    case 'events':
    case 'metrics':
    case 'policy':
      return `${what.kind} ${what.how}`;
    case 'person':
      return `person ${what.edit}`;
    case 'order':
      return `order ${what.order.order}`;
    case 'drill':
      return `drill ${what.request.scenario}`;
    case 'server':
    case 'flapping':
      return `${what.kind} ${what.condition}`;
    case 'pause':
    case 'crash':
      return `${what.kind}${what.atCall === undefined ? '' : ` at a ${what.of ?? 'call'}`}`;
    default:
      return what.kind;
  }
}

/** The one service that it is about; `undefined`: it may concern all. */
export function serviceOf(what: Disturbance): string | undefined {
  if (what.kind === 'drill') return what.request.service;
  if (what.kind === 'order') return 'service' in what.order ? what.order.service : undefined;
  return 'service' in what ? what.service : undefined;
}

/** How long it works by itself, in seconds; 0: at once, or until it is ended. */
export function lengthOf(what: Disturbance): number {
  if ('forSeconds' in what) return what.forSeconds + ('seconds' in what ? what.seconds : 0);
  if (what.kind === 'drill') return what.request.expiresInSeconds;
  if (what.kind === 'pause' || what.kind === 'refresh') return what.seconds;
  return 0;
}

/** In one line, for whoever reads a report. */
export function describe({ number, atSeconds, what, end }: Planned): string {
  const { kind, ...rest } = what;
  const text = kind === 'policy' ? { ...rest, text: '…' } : rest;
  const until = end === undefined ? '' : ` until ${atSeconds + end.afterSeconds} s`;
  return `#${number} at ${atSeconds} s${until}: ${kind} ${JSON.stringify(text)}`;
}
