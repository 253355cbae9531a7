/** A policy as the text of a file. */
import type { Policy } from '../core/model.ts';

/** JSON is YAML ("every JSON file is also a valid YAML file": https://yaml.org/spec/1.2.2/#12-yaml-history): it loads as the same policy. */
export function textOf(policy: Policy): string {
  return JSON.stringify(policy, null, 2);
}
