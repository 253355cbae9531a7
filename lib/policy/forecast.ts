/** `scaling.forecast` of a policy file: its keys, its default, and what must hold between it and the signals. */
import * as z from 'zod';
import type { ForecastPolicy } from '../core/model.ts';
import { keys, oneOf, seconds, whole } from './fields.ts';

export const forecast = keys({
  leadSeconds: seconds(7200)
    .optional()
    .describe('From the order of an instance until it serves. Default: warmupSeconds and one minute.'),
  trend: z
    .boolean({ error: 'true or false' })
    .default(true)
    .describe('Look ahead along the trend of the last ten minutes, while it rises.'),
  season: oneOf('none', 'daily', 'weekly')
    .default('weekly')
    .describe("Look ahead along the usual day or week, learnt from the signal's own history."),
  overloadCostMinutes: whole(0, 1000, 'minutes')
    .default(0)
    .describe(
      'What a minute at 100 percent CPU is worth, in minutes of running the whole fleet. Room for peaks is kept as far as it would have paid off lately. 0: only what the target leaves.',
    ),
}).describe(
  'Scales out ahead of need; scales in only where the forecast agrees too. For signals with a target and periods of at most 300 s. Absent: off.',
);

const LOOK_SECONDS = 60;

/** An instance serves once it is warm, and was ordered up to a minute after it could have been. */
export function withLead(file: z.output<typeof forecast>, warmupSeconds: number): ForecastPolicy {
  return { ...file, leadSeconds: file.leadSeconds ?? warmupSeconds + LOOK_SECONDS };
}
