/** What serverless.yml asks for, made from the policy files. Reads them and nothing else: no call to AWS. */
import type { Policy } from '../core/model.ts';
import { loadPolicies } from '../policy/load.ts';
import { readPolicyFiles } from '../policy/read.ts';
import { fitting } from './limits.ts';
import { outpostCommand } from './names.ts';
import { controllerResources, outpostResources } from './stack.ts';
import type { Resources } from './template.ts';

/** What the Serverless Framework hands to a variable's function. */
interface Asked {
  readonly resolveVariable: (name: string) => Promise<string>;
}

/**
 * The policies of a folder.
 * @throws Error that lists every problem when any file has an error: a stack made without it would forbid the controller to serve it.
 */
export async function policiesOf(folder: string): Promise<Policy[]> {
  const { sources, problems: unread } = await readPolicyFiles([folder]);
  const { policies, problems } = loadPolicies(sources);
  const errors = [...unread, ...problems].filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    const lines = errors.map(({ file, line, column, code, message }) => `${file}:${line}:${column} ${code} ${message}`);
    throw new Error(`The stack is made from the policy files, and these cannot be used:\n${lines.join('\n')}`);
  }
  return policies.map(({ policy }) => policy);
}

const FOLDER = 'policies';

/** `resources` of serverless.yml. */
export async function resources({ resolveVariable }: Asked): Promise<{ Resources: Resources }> {
  const place = { stage: await resolveVariable('sls:stage'), region: await resolveVariable('self:provider.region') };
  const policies = await policiesOf(FOLDER);
  return { Resources: fitting(controllerResources(policies, place), policies) };
}

/** `resources` of serverless.outpost.yml. */
export async function outpost({ resolveVariable }: Asked): Promise<{ Resources: Resources }> {
  const region = await resolveVariable('self:provider.region');
  const stage = await resolveVariable('sls:stage');
  // Without a value to fall back on the framework would say only that there is none for some variable.
  const home = await resolveVariable("param:controllerRegion, ''");
  if (home === '') {
    throw new Error(
      `found no --param controllerRegion=…; expected the region where the controller runs, to which alarms are handed on: ${outpostCommand(stage, region, '…')}`,
    );
  }
  const policies = await policiesOf(FOLDER);
  return { Resources: fitting(outpostResources(policies, region, { stage, region: home }), policies) };
}
