import * as z from 'zod';
import { check, type Parsed, refuse } from './problem.ts';

/** A drill asked for by hand. */
export interface DrillRequest {
  readonly scenario: string;
  /** Left out: of the services that the scenario suits, the one whose policy has the most sections. */
  readonly service?: string | undefined;
  readonly seed?: number | undefined;
}

const SEED = 'a whole number, 0 or more';

const REQUEST = z.strictObject({
  scenario: z.string({ error: 'the name of a scenario' }).min(1, { error: 'the name of a scenario' }),
  service: z.string({ error: "a service's name" }).min(1, { error: "a service's name" }).optional(),
  seed: z.int({ error: SEED }).min(0, { error: SEED }).optional(),
});

/** Reads a request for `drill`. Whether the scenario and the service exist is for the drill to say. Never throws. */
export function parseDrillRequest(event: unknown): Parsed<DrillRequest> {
  if (event === null || typeof event !== 'object' || Array.isArray(event)) {
    return refuse('event', event, 'a drill such as {"scenario": "server-stops"}');
  }
  return check<DrillRequest>(REQUEST, event);
}
