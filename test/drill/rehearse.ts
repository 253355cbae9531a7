/** Drills on the shipped policies, with numbers changed as a reader would: in the text of the file. */
import { readFileSync } from 'node:fs';
import { rig } from '../../handlers/rehearsal.ts';
import type { Policy } from '../../lib/core/model.ts';
import type { DrillRefusal, DrillResult, TimelineEntry } from '../../lib/drill/result.ts';
import type { Rig } from '../../lib/drill/rig.ts';
import { runDrill } from '../../lib/drill/run.ts';
import { SCENARIOS } from '../../lib/drill/scenarios.ts';
import { loadPolicy } from '../../lib/policy/load.ts';

const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

/** A shipped policy; each edit replaces one piece of its text by another. */
export function policyOf(file: string, edits: Readonly<Record<string, string>> = {}): Policy {
  let text = readFileSync(new URL(`../../policies/${file}`, import.meta.url), 'utf8');
  for (const [from, to] of Object.entries(edits)) {
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    text = text.replace(from, to);
  }
  const { policy, problems } = loadPolicy(file, text);
  if (policy === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  return policy;
}

/** web.yml with edits. */
export const web = (edits: Readonly<Record<string, string>> = {}): Policy => policyOf('web.yml', edits);

export interface Options {
  readonly seed?: number;
  readonly rig?: Rig;
  readonly onEvent?: (entry: TimelineEntry) => void;
}

/** Runs a drill that may be refused. */
export function attempt(name: string, policy: Policy, options: Options = {}): Promise<DrillResult | DrillRefusal> {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`there is no drill ${name}`);
  return runDrill({ scenario, policy, policyName: 'web.yml', seed: 1, rig, settle, ...options });
}

/** Runs a drill that the policy has the sections for. */
export async function drill(name: string, policy: Policy, options: Options = {}): Promise<DrillResult> {
  const result = await attempt(name, policy, options);
  if ('refused' in result) throw new Error(result.refused);
  return result;
}

/** What the verdict says was not as it should be. */
export function failures(result: Pick<DrillResult, 'timeline'>): string[] {
  return result.timeline
    .filter(({ area, event }) => area === 'verdict' && event === 'fails')
    .map(({ message }) => message);
}

export function events(result: DrillResult, event: string): readonly TimelineEntry[] {
  return result.timeline.filter((entry) => entry.event === event);
}
