import * as z from 'zod';
import { type LiveScenario, LONGEST_DRILL_SECONDS } from '../core/live-drill.ts';
import { check, type Parsed, refuse } from './problem.ts';

/** A drill on a simulated account, asked for by hand. */
export interface SimulatedRequest {
  readonly mode?: 'simulated' | undefined;
  readonly scenario: string;
  /** Left out: of the services that the scenario suits, the one whose policy has the most sections. */
  readonly service?: string | undefined;
  readonly seed?: number | undefined;
}

/** A drill on the real account. Everything is to be said, so that nothing real happens by a default. */
export interface LiveRequest {
  readonly mode: 'live';
  readonly scenario: LiveScenario;
  readonly service: string;
  /** The service's name once more. */
  readonly confirm: string;
  /** The drill is over after this time whatever happens, and so is watching it. */
  readonly expiresInSeconds: number;
  /**
   * Names of alarms, any of which ends the drill. The key must be there, so that nobody forgets that there is such a
   * thing; who has no alarm worth the name says so with an empty list.
   */
  readonly abortWhen: readonly string[];
}

export type DrillRequest = SimulatedRequest | LiveRequest;

const SCENARIO = 'the name of a scenario';
const LIVE_SCENARIO = '"server-stops" or "targets-fail": nothing else is played on real servers';
const SERVICE = "a service's name";
const SEED = 'a whole number, 0 or more';
const EXPIRY = `a whole number of seconds from 1 to ${LONGEST_DRILL_SECONDS}, after which the drill ends by itself`;
const CONFIRM = "the service's name once more, because this takes real servers out of service";
const ALARMS = 'a list of the names of at most 10 alarms that end the drill; [] for none';
const NAME = "an alarm's name of 1 to 255 characters";

const service = z.string({ error: SERVICE }).min(1, { error: SERVICE });

const SIMULATED = z.strictObject({
  mode: z.literal('simulated').optional(),
  scenario: z.string({ error: SCENARIO }).min(1, { error: SCENARIO }),
  service: service.optional(),
  seed: z.int({ error: SEED }).min(0, { error: SEED }).optional(),
});

const LIVE = z.strictObject({
  mode: z.literal('live'),
  scenario: z.enum(['server-stops', 'targets-fail'] satisfies LiveScenario[], { error: LIVE_SCENARIO }),
  service,
  confirm: z.string({ error: CONFIRM }),
  expiresInSeconds: z.int({ error: EXPIRY }).min(1, { error: EXPIRY }).max(LONGEST_DRILL_SECONDS, { error: EXPIRY }),
  abortWhen: z
    .array(z.string({ error: NAME }).min(1, { error: NAME }).max(255, { error: NAME }), { error: ALARMS })
    .max(10, { error: ALARMS }),
});

function parseLive(event: object): Parsed<LiveRequest> {
  const parsed = check<LiveRequest>(LIVE, event);
  if (!parsed.ok || parsed.value.confirm === parsed.value.service) return parsed;
  return refuse('confirm', parsed.value.confirm, `${CONFIRM}: ${JSON.stringify(parsed.value.service)}`);
}

/** Reads a request for `drill`. Whether the scenario and the service exist is for the drill to say. Never throws. */
export function parseDrillRequest(event: unknown): Parsed<DrillRequest> {
  if (event === null || typeof event !== 'object' || Array.isArray(event)) {
    return refuse('event', event, 'a drill such as {"scenario": "server-stops"}');
  }
  const mode = Reflect.get(event, 'mode');
  if (mode === 'live') return parseLive(event);
  if (mode === undefined || mode === 'simulated') return check<SimulatedRequest>(SIMULATED, event);
  return refuse('mode', mode, '"simulated", which it is unless told otherwise, or "live"');
}
