/** What a deployed role may do, against what the policies need now. */
import type { Arn, Statement } from './template.ts';

/** One action on one resource, under a condition. */
export interface Grant {
  readonly action: string;
  /** An ARN or `*`, with IAM's wildcards. */
  readonly resource: string;
  readonly condition: Condition;
}

interface Allowed {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition: Condition;
}

/** The values, sorted, by operator and key; empty: none. */
type Condition = ReadonlyMap<string, readonly string[]>;

/** Where the role is, as its ARN tells: CloudFormation fills these into what it deploys. */
interface Place {
  readonly partition: string;
  readonly account: string;
}

/**
 * What these statements need that no `Allow` of the documents grants: each action on each resource, by the wildcards of
 * the documents, with no condition or none that is narrower. Denials, boundaries and the organization's policies are not looked
 * at: what this finds is missing, but what it does not find may still be denied.
 * @param documents the role's policy documents, as IAM gives them.
 * @param tableArn the state table, which the template only refers to.
 */
export function missingGrants(
  needed: readonly Statement[],
  documents: readonly unknown[],
  roleArn: string,
  tableArn: string,
): Grant[] {
  const [, partition = 'aws', , , account = ''] = roleArn.split(':');
  const allowed = documents.flatMap(allowedBy);
  const place = { partition, account };
  const grants = needed.flatMap(({ Action, Resource, Condition }) =>
    Action.flatMap((action) =>
      Resource.map((resource) => ({
        action,
        resource: resolved(resource, place, tableArn),
        condition: conditionOf(Condition),
      })),
    ),
  );
  return grants.filter((grant) => !allowed.some((one) => covers(one, grant)));
}

function resolved(resource: Statement['Resource'][number], { partition, account }: Place, tableArn: string): string {
  if (typeof resource === 'string') return resource;
  if ('Fn::GetAtt' in resource) return tableArn;
  const parts = (resource as Arn)['Fn::Join'][1];
  return parts
    .map((part) => (typeof part === 'string' ? part : part.Ref === 'AWS::Partition' ? partition : account))
    .join('');
}

function covers(allowed: Allowed, { action, resource, condition }: Grant): boolean {
  return (
    isWithin(condition, allowed.condition) &&
    allowed.actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    allowed.resources.some((pattern) => matches(pattern, resource))
  );
}

/** `*` stands for any run of characters and `?` for one: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html */
function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text);
}

/** The one operator that the template has: each value of the request is among those listed. */
const EACH_AMONG = 'ForAllValues:StringEquals ';

/** Whether what meets the first condition meets the second: services with records in one zone share a statement. */
function isWithin(needed: Condition, allowed: Condition): boolean {
  return [...allowed].every(([key, values]) => {
    const wanted = needed.get(key);
    if (wanted === undefined) return false;
    if (key.startsWith(EACH_AMONG)) return wanted.every((value) => values.includes(value));
    return wanted.join() === values.join();
  });
}

/** A single value and a list of it mean the same, and order means nothing. */
function conditionOf(condition: unknown): Condition {
  const entries = Object.entries((condition ?? {}) as Record<string, Record<string, unknown>>);
  return new Map(
    entries.flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => [`${operator} ${key}`, listOf(values).sort()] as const),
    ),
  );
}

function allowedBy(document: unknown): Allowed[] {
  const statements = listOf((document as { readonly Statement?: unknown }).Statement) as unknown as {
    readonly Effect?: string;
    readonly Action?: unknown;
    readonly Resource?: unknown;
    readonly Condition?: unknown;
  }[];
  return statements
    .filter(({ Effect }) => Effect === 'Allow')
    .map(({ Action, Resource, Condition }) => ({
      actions: listOf(Action),
      resources: listOf(Resource),
      condition: conditionOf(Condition),
    }));
}

/** IAM writes a list of one as the one. */
function listOf(value: unknown): string[] {
  return value === undefined ? [] : Array.isArray(value) ? [...value] : [value as string];
}
