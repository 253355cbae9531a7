/** Hands to the functions what no fault brings: alarm events as they are, orders by hand, and another policy file. */
import type { Policy } from '../core/model.ts';
import type { SimulatedContext, World } from '../sim/world.ts';
import { fileOf } from './policy-text.ts';
import type { Recorder } from './recorder.ts';
import type { Judgement, Plan } from './scenario.ts';
import type { Stage } from './stage.ts';

interface Desk {
  readonly policy: Policy;
  readonly stage: Stage;
  readonly recorder: Recorder;
  readonly broken: Judgement[];
}

interface Delivery {
  readonly afterSeconds: number;
  readonly event: string;
  readonly message: string;
  readonly deliver: () => void;
}

interface Answer {
  readonly trigger: { readonly services: readonly string[] };
  readonly problems: readonly { readonly message: string }[];
}

function contextOf(world: World, requestId: string, name: 'onAlarm' | 'operate', sandbox: string): SimulatedContext {
  const deadlineMs = world.clock.nowMs() + 90_000;
  return {
    awsRequestId: requestId,
    functionName: `evenkeel-${name}`,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:111122223333:function:evenkeel-${name}`,
    memoryLimitInMB: '256',
    logGroupName: `/aws/lambda/evenkeel-${name}`,
    logStreamName: sandbox,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - world.clock.nowMs()),
  };
}

/** Calls one function of a sandbox; what it throws breaks the drill. */
function call(
  { stage, broken }: Desk,
  name: 'onAlarm' | 'operate',
  sandbox: string,
  requestId: string,
  event: object,
): Promise<Answer | null> {
  const context = contextOf(stage.world, requestId, name, sandbox);
  return stage
    .sandbox(sandbox)
    [name](event, context)
    .then((answer) => answer as Answer)
    .catch((error) => {
      broken.push({ holds: false, text: `${name} failed: ${String(error)}` });
      return null;
    });
}

/** What a person ordered is answered without a problem. */
async function order(desk: Desk, index: number, event: object): Promise<void> {
  const answer = await call(desk, 'operate', 'operate/0', `order-${index}`, event);
  for (const { message } of answer?.problems ?? []) {
    desk.broken.push({ holds: false, text: `the order was answered with a problem: ${message}` });
  }
}

export interface Deliveries {
  /** Lets time pass, and delivers each when it is due. */
  run(plan: Plan, faultMs: number): Promise<void>;
  /** Alarm events that were answered as concerning the service. */
  alarmsHeard(): number;
}

export function createDeliveries(desk: Desk): Deliveries {
  const { policy, stage, recorder } = desk;
  const { world } = stage;
  let heard = 0;
  const alarm = async (index: number, event: object): Promise<void> => {
    // Two of them may come at once: each sandbox serves one at a time.
    const answer = await call(desk, 'onAlarm', `onAlarm/stale-${index % 2}`, `stale-alarm-${index}`, event);
    if (answer?.trigger.services.includes(policy.service)) heard += 1;
  };
  const alarms = (plan: Plan): Delivery[] =>
    [...plan.alarms]
      .sort((a, b) => a.afterSeconds - b.afterSeconds)
      .map((one, index) => ({ ...one, event: 'stale-alarm', deliver: () => void alarm(index, one.event) }));
  const orders = (plan: Plan): Delivery[] =>
    (plan.orders ?? []).map((one, index) => ({
      ...one,
      event: 'order',
      deliver: () => void order(desk, index, one.order),
    }));
  const texts = (plan: Plan): Delivery[] =>
    (plan.texts ?? []).map((one) => ({
      ...one,
      event: 'policy',
      deliver: () => stage.deploy(fileOf(policy, one.text)),
    }));
  return {
    async run(plan, faultMs) {
      const due = [...alarms(plan), ...orders(plan), ...texts(plan)].sort((a, b) => a.afterSeconds - b.afterSeconds);
      for (const { afterSeconds, event, message, deliver } of due) {
        await world.run(faultMs + afterSeconds * 1000);
        recorder.say(world.clock.nowMs(), { area: 'fault', event, message });
        deliver();
      }
    },
    alarmsHeard: () => heard,
  };
}
