/** Scripts for the tests of the simulation: one service, written down instead of drawn. */
import { rig } from '../../handlers/rehearsal.ts';
import { loadPolicies } from '../../lib/policy/load.ts';
import type { WorldOptions } from '../../lib/sim/world.ts';
import type { Script } from '../../lib/simulate/draw.ts';
import type { Means } from '../../lib/simulate/play.ts';
import type { Planned } from '../../lib/simulate/schedule.ts';

export const means: Means = { rig, settle: () => new Promise((done) => setImmediate(done)) };

type Written = Partial<Omit<Script, 'files' | 'policies' | 'perService' | 'faults'>> & {
  /** The policy's fields but for its name, which is s0. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** The same of further services: s1, s2 … */
  readonly others?: readonly Readonly<Record<string, unknown>>[];
  readonly options?: WorldOptions;
  readonly faults?: readonly Omit<Planned, 'number'>[];
};

/** A script of services in Seoul, most often of one, s0; ten minutes, in the first seven of which things go wrong. */
export function written({ policy, others = [], options = {}, faults = [], ...rest }: Written): Script {
  const files = [policy, ...others].map((fields, index) => {
    const service = `s${index}`;
    return { file: `${service}.yml`, text: JSON.stringify({ service, region: 'ap-northeast-2', ...fields }) };
  });
  const { policies, problems } = loadPolicies(files);
  const error = problems.find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Error(error.message);
  return {
    ...{ seed: 1, minutes: 10, home: 'eu-west-1', traffic: [], healSeconds: 420, files, ...rest },
    policies: policies.map((one) => one.policy),
    perService: Object.fromEntries(policies.map(({ policy: { service } }) => [service, { resolvers: 10, ...options }])),
    faults: faults.map((one, index) => ({ number: index + 1, ...one })),
  };
}

/** A fleet of two behind a target group. */
export const PAIR = {
  fleet: { autoScalingGroup: 's0-group', capacity: { min: 1, max: 4 } },
  scaling: { signals: [{ name: 'cpu', target: 60 }] },
  health: { targetGroup: 's0-targets' },
};
