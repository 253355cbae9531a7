import * as z from 'zod';
import { policySchema } from './schema.ts';

/**
 * The JSON Schema of a policy file as people write it (defaults not filled in), for editors: draft 7, which all of them
 * read. `policies/policy.schema.json` holds exactly this, but for the order of keys and white space.
 */
export function policyJsonSchema(): object {
  return z.toJSONSchema(policySchema, { io: 'input', target: 'draft-7', unrepresentable: 'throw' });
}
