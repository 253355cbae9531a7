/** A policy as the text of a file. */
import type { Policy } from '../core/model.ts';
import { loadPolicies } from '../policy/load.ts';
import type { Deployed } from './rig.ts';

/** JSON is YAML ("every JSON file is also a valid YAML file": https://yaml.org/spec/1.2.2/#12-yaml-history): it loads as the same policy. */
export function textOf(policy: Policy): string {
  return JSON.stringify(policy, null, 2);
}

/** The file of this policy with that text, as it is deployed: the functions read it as they do in production. */
export function fileOf({ service }: Policy, text: string): Deployed {
  return async () => loadPolicies([{ file: `${service}.yml`, text }]);
}
