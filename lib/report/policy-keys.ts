/** The keys of a policy file as a Markdown table, made from the JSON Schema: what an editor knows, on paper. */
import { markdownTable } from './tables.ts';

/** The part of a JSON Schema (draft 7) that zod writes for a policy. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: false | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** One row for each key, sections before what is in them: key, values, default, meaning. */
export function policyKeysMarkdown(schema: object): string {
  return markdownTable(['key', 'values', 'default', 'meaning'], keysOf(schema as Schema, ''));
}

function keysOf(schema: Schema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const path = `${prefix}${key}`;
    const required = schema.required?.includes(key) === true;
    const row = [`\`${path}\``, valuesOf(field), defaultOf(field, required), field.description ?? ''];
    return [row, ...inside(field, path)];
  });
}

function inside(field: Schema, path: string): string[][] {
  if (field.items === undefined) return keysOf(field, `${path}.`);
  const variants = field.items.anyOf ?? [field.items];
  return variants.flatMap((variant) => keysOf(variant, `${path}[].`));
}

function valuesOf({ type, minimum, maximum, enum: options, properties }: Schema): string {
  if (options !== undefined) return options.map((option) => `\`${option}\``).join(', ');
  if (properties !== undefined) return 'section';
  if (type === 'array') return 'list';
  if (type === 'object') return 'map';
  if (type === 'string') return 'text';
  if (type === 'boolean') return '`true`, `false`';
  return minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : 'number';
}

function defaultOf(field: Schema, required: boolean): string {
  if (required) return '**required**';
  if (field.default === undefined || field.properties !== undefined) return '';
  return `\`${typeof field.default === 'string' ? field.default : JSON.stringify(field.default)}\``;
}
