import * as z from 'zod';
import { check, type Parsed, refuse } from './problem.ts';
import type { TickTrigger } from './trigger.ts';

const ROUNDS = 'a whole number of rounds, 1 or more';

const BY_HAND = z.strictObject({
  rounds: z.int({ error: ROUNDS }).min(1, { error: ROUNDS }),
});

/** The event of a scheduled rule: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html */
const SCHEDULED = z.looseObject({
  source: z.literal('aws.events', { error: '"aws.events"' }),
  'detail-type': z.literal('Scheduled Event', { error: '"Scheduled Event"' }),
});

/** Reads what wakes `onTick`: the schedule's event, or `{"rounds": n}` by hand. Never throws. */
export function parseTick(event: unknown): Parsed<TickTrigger> {
  if (event === null || typeof event !== 'object' || Array.isArray(event)) {
    return refuse('event', event, 'a scheduled event, or {"rounds": 3} by hand');
  }
  if ('detail-type' in event || 'source' in event) {
    const parsed = check(SCHEDULED, event);
    return parsed.ok ? { ok: true, value: { kind: 'tick', byHand: false, rounds: null } } : parsed;
  }
  const parsed = check(BY_HAND, event);
  return parsed.ok ? { ok: true, value: { kind: 'tick', byHand: true, rounds: parsed.value.rounds } } : parsed;
}
