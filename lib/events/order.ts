import * as z from 'zod';
import type { FailoverPhase } from '../core/model.ts';
import { nearest } from '../policy/nearest.ts';
import { check, type Parsed, refuse } from './problem.ts';

/** An order by hand. `service` left out, where it may be, means all services. */
export type Order =
  | { readonly order: 'status'; readonly service?: string | undefined }
  | {
      readonly order: 'failover' | 'failback' | 'hold';
      readonly service: string;
      readonly expect?: FailoverPhase | undefined;
    }
  | { readonly order: 'release'; readonly service?: string | undefined; readonly expect?: FailoverPhase | undefined }
  | {
      readonly order: 'capacity';
      readonly service: string;
      /** Instances; 0 parks the service. */
      readonly capacity: number;
      /** Left out only when parking, which lasts until `release`. */
      readonly expiresInSeconds?: number | undefined;
      readonly expect?: FailoverPhase | undefined;
    }
  | { readonly order: 'freeze' }
  | { readonly order: 'unfreeze' }
  /** Ends the live drill that is on, whosever it is. */
  | { readonly order: 'stop-drill' };

/** A year: far beyond any incident, and its end is still a time that can be written down. */
const LONGEST_EXPIRY_SECONDS = 31_536_000;

const SERVICE_TEXT = "a service's name";
const CAPACITY_TEXT = 'a whole number of instances, 0 or more';
const EXPIRY_TEXT = `a whole number of seconds from 1 to ${LONGEST_EXPIRY_SECONDS}`;

const service = z.string({ error: SERVICE_TEXT }).min(1, { error: SERVICE_TEXT });
const expect = z
  .enum(['primary', 'failingOver', 'secondary', 'failingBack'] satisfies readonly FailoverPhase[], {
    error: 'the failover state you believe in: primary, failingOver, secondary or failingBack',
  })
  .optional();

const moving = <O extends 'failover' | 'failback' | 'hold'>(order: O) =>
  z.strictObject({ order: z.literal(order), service, expect });
const global = <O extends 'freeze' | 'unfreeze' | 'stop-drill'>(order: O) =>
  z.strictObject({ order: z.literal(order) });

const ORDERS = {
  status: z.strictObject({ order: z.literal('status'), service: service.optional() }),
  failover: moving('failover'),
  failback: moving('failback'),
  hold: moving('hold'),
  release: z.strictObject({ order: z.literal('release'), service: service.optional(), expect }),
  freeze: global('freeze'),
  unfreeze: global('unfreeze'),
  capacity: z.strictObject({
    order: z.literal('capacity'),
    service,
    capacity: z.int({ error: CAPACITY_TEXT }).min(0, { error: CAPACITY_TEXT }),
    expiresInSeconds: z
      .int({ error: EXPIRY_TEXT })
      .min(1, { error: EXPIRY_TEXT })
      .max(LONGEST_EXPIRY_SECONDS, { error: EXPIRY_TEXT })
      .optional(),
    expect,
  }),
  'stop-drill': global('stop-drill'),
} satisfies Record<Order['order'], z.ZodType<Order>>;

/**
 * Reads an order for `operate`. Refuses a key that this order does not take, rather than let a misspelt `expect`
 * order something without its guard. Never throws.
 */
export function parseOrder(event: unknown): Parsed<Order> {
  const names = Object.keys(ORDERS);
  if (event === null || typeof event !== 'object' || Array.isArray(event)) {
    return refuse('event', event, `an order such as {"order": "status"}; orders are ${names.join(', ')}`);
  }
  const name = Reflect.get(event, 'order');
  if (typeof name !== 'string' || !Object.hasOwn(ORDERS, name)) {
    const close = typeof name === 'string' ? nearest(name, names) : undefined;
    const hint = close === undefined ? '' : `; did you mean "${close}"?`;
    return refuse('order', name, `one of ${names.join(', ')}${hint}`);
  }
  const parsed: Parsed<Order> = check<Order>(ORDERS[name as Order['order']], event);
  if (
    parsed.ok &&
    parsed.value.order === 'capacity' &&
    parsed.value.capacity > 0 &&
    parsed.value.expiresInSeconds === undefined
  ) {
    return refuse('expiresInSeconds', undefined, `${EXPIRY_TEXT}: a floor under the capacity must end by itself`);
  }
  return parsed;
}
