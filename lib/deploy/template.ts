/** CloudFormation as plain data. */

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: 'Delete';
  readonly UpdateReplacePolicy?: 'Delete';
}

export type Resources = Readonly<Record<string, Resource>>;

/** An ARN whose partition and account CloudFormation fills in, so that policies need not know them. */
export interface Arn {
  readonly 'Fn::Join': readonly ['', readonly (string | { readonly Ref: string })[]];
}

/** An ARN in this account and region. */
export function arnOf(service: string, region: string, resource: string): Arn {
  const account = { Ref: 'AWS::AccountId' };
  return {
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:${service}:${region}:`, account, `:${resource}`]],
  };
}

/** An ARN that names no account, like those of Route 53. */
export function publicArnOf(service: string, resource: string): Arn {
  return { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:${service}:::${resource}`]] };
}

export interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly (string | Arn | { readonly 'Fn::GetAtt': readonly [string, string] })[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/**
 * A logical id, which may hold letters and digits only, from names as policies have them: small letters, digits and
 * dashes. X begins a name and D stands for a dash, so two lists of names never give the same id.
 */
export function logicalId(prefix: string, ...names: readonly string[]): string {
  return [prefix, ...names.map((name) => `X${name.replaceAll('-', 'D')}`)].join('');
}
