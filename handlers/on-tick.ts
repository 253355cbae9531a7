/** Every minute: rounds at 5 s marks over all services. By hand: `{"rounds": n}`. */
import { ANSWER_MS } from '../lib/controller/late.ts';
import { runTick } from '../lib/controller/rounds.ts';
import { HEARTBEAT } from '../lib/deploy/names.ts';
import { parseTick } from '../lib/events/tick.ts';
import { type Answer, refused } from './answer.ts';
import { isAlive } from './heartbeat.ts';
import { type Build, lambda } from './runtime.ts';

/** The last round, what outlasts it, and the answer need this much of the function's time. */
const LAST_ROUND_MS = ANSWER_MS + 1000;

export const onTick: Build =
  (runtime) =>
  async (event, invocation): Promise<Answer> => {
    const { ports, memory } = runtime;
    const parsed = parseTick(event);
    if (!parsed.ok) return refused(ports.journal, parsed.problem);
    const { policies, problems } = await runtime.policies(true);
    const untilMs = ports.clock.nowMs() + invocation.getRemainingTimeInMillis() - LAST_ROUND_MS;
    const tick = await runTick(ports, memory, policies, {
      owner: invocation.awsRequestId,
      rounds: parsed.value.rounds,
      untilMs,
    });
    if (!parsed.value.byHand && isAlive({ policies, problems }, tick)) ports.journal.count(HEARTBEAT, 1);
    const services = policies.map((p) => p.service);
    return { trigger: { kind: 'tick', services }, services: tick.services, problems: [...problems, ...tick.problems] };
  };

export const handler = lambda(onTick);
