/** A decision as drills, handlers and the decision log hand it out, read back from JSON. */
import * as z from 'zod';
import { REASONS, type ReasonCode } from '../core/reasons.ts';
import { nearest } from '../policy/nearest.ts';

const number = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const reason = z.custom<ReasonCode>((value) => typeof value === 'string' && Object.hasOwn(REASONS, value), {
  error: ({ input }) => {
    const guess = typeof input === 'string' ? nearest(input, Object.keys(REASONS)) : undefined;
    return `a reason code${guess === undefined ? '; `evenkeel reasons` lists them' : `; did you mean ${guess}?`}`;
  },
});
const base = { id: z.string(), region: z.string() };
const size = z.looseObject({ minSize: z.number(), desired: z.number() });
const target = z.looseObject({ key: z.string() });

const action = z.discriminatedUnion(
  'kind',
  [
    z.looseObject({
      ...base,
      kind: z.literal('setCapacity'),
      group: z.string(),
      site: z.string(),
      from: z.number(),
      to: z.number(),
    }),
    z.looseObject({ ...base, kind: z.literal(['parkFleet', 'unparkFleet']), group: z.string(), from: size, to: size }),
    z.looseObject({
      ...base,
      kind: z.literal('deregisterTarget'),
      targetGroup: z.string(),
      target,
      replace: z.boolean(),
    }),
    z.looseObject({ ...base, kind: z.literal('registerTarget'), targetGroup: z.string(), target }),
    z.looseObject({
      ...base,
      kind: z.literal('replaceInstance'),
      group: z.string(),
      instanceId: z.string(),
      after: z.union([z.string(), z.null()]),
    }),
    z.looseObject({
      ...base,
      kind: z.literal('moveDns'),
      name: z.string(),
      to: z.string(),
      weights: z.record(z.string(), z.number()),
    }),
  ],
  { error: 'an action with a kind, as a decision carries it' },
);

const decision = z.looseObject(
  {
    service: z.string().optional(),
    atSeconds: z.number().optional(),
    area: z.enum(['scaling', 'health', 'failover'], { error: 'scaling, health or failover' }),
    reason,
    message: z.string({ error: 'the message of the decision' }),
    action: z.union([z.null(), action], { error: 'null, or an action with a kind, as a decision carries it' }),
    applied: z.boolean({ error: 'true or false' }),
    notApplied: z.string().optional(),
    numbers: z.record(z.string(), number).default({}),
    steps: z
      .array(z.looseObject({ step: z.string(), value: z.union([z.number(), z.null()]), note: z.string() }))
      .optional(),
    rejected: z.array(z.looseObject({ option: z.string(), reason })).optional(),
  },
  { error: 'an object with area, reason, message, action and applied' },
);

/** One element of the `decisions` of a drill or of a handler's answer. */
export type DecisionJson = z.output<typeof decision>;
export type ActionJson = NonNullable<DecisionJson['action']>;

/** Reads one decision: itself, or the first thing that keeps it from being one. Never throws. */
export function readDecision(value: unknown): { decision: DecisionJson } | { problem: string } {
  const result = decision.safeParse(value);
  if (result.success) return { decision: result.data };
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') ?? '';
  const found = path === '' ? '' : `${path}: `;
  return { problem: `${found}expected ${issue?.message}` };
}
