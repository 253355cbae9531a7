/** What doctor asks of IAM: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html */
import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { expect } from 'vitest';
import { type AccountPeer, type Clients, DOCUMENT, type Role } from './account-peer.ts';
import { type Case, casesOf, refused } from './case.ts';

const NOBODY = { kind: 'NotFound', name: 'NoSuchEntityException', status: 404 } as const;
const DENIED = { kind: 'Denied', name: 'AccessDenied', status: 403 } as const;
const INVALID = { kind: 'bug', name: 'ValidationError', status: 400 } as const;

const plain = (document: string | undefined): unknown => JSON.parse(decodeURIComponent(document ?? ''));

/** Role and policy by name or ARN. */
type Names = Pick<Role, 'name' | 'inline' | 'attached'>;
const nowhere = (role: Role): Names => ({
  name: `${role.name}-nobody`,
  inline: ['none', 'none'],
  attached: [`${role.attached[0]}-none`, `${role.attached[1]}-none`],
});
/** Names and ARNs that there cannot be. */
const NO_NAMES: Names = {
  name: 'no name',
  inline: ['no name', 'no name'],
  attached: ['no ARN at all', 'no ARN at all'],
};

/** Cases of one read that differ in nothing but what is sent. */
function readOf(
  command: string,
  send: (clients: Clients, names: Names) => Promise<unknown>,
  success: Readonly<Record<string, Case<AccountPeer>['run']>>,
  pages?: Case<AccountPeer>['run'],
): Case<AccountPeer>[] {
  return casesOf<AccountPeer>(command, {
    success,
    'not found': {
      'no such name': async (peer) => refused(send(peer.clients, nowhere(await peer.role())), NOBODY),
    },
    denied: {
      'says so': async (peer) => {
        const role = await peer.role();
        await refused(
          peer.denied(`iam:${command}`, (to) => send(to, role)),
          DENIED,
        );
      },
    },
    invalid: { 'what is no name': (peer) => refused(send(peer.clients, NO_NAMES), INVALID) },
    ...(pages === undefined ? {} : { pages: { 'one after the other': pages } }),
  });
}

const role = (to: Clients, { name }: Names) => to.iam().send(new GetRoleCommand({ RoleName: name }));
const inline = (to: Clients, { name }: Names, page = {}) =>
  to.iam().send(new ListRolePoliciesCommand({ RoleName: name, ...page }));
const inlineDocument = (to: Clients, { name, inline: [PolicyName] }: Names) =>
  to.iam().send(new GetRolePolicyCommand({ RoleName: name, PolicyName }));
const attached = (to: Clients, { name }: Names, page = {}) =>
  to.iam().send(new ListAttachedRolePoliciesCommand({ RoleName: name, ...page }));
const policy = (to: Clients, { attached: [PolicyArn] }: Names) => to.iam().send(new GetPolicyCommand({ PolicyArn }));
const version = (to: Clients, { attached: [PolicyArn] }: Names) =>
  to.iam().send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }));

export const roleCases: readonly Case<AccountPeer>[] = [
  ...readOf('GetRole', role, {
    'its ARN': async (peer) => {
      const made = await peer.role();
      expect((await role(peer.clients, made)).Role?.Arn).toBe(made.arn);
    },
  }),
  ...readOf(
    'ListRolePolicies',
    inline,
    {
      'the names of those inside it': async (peer) => {
        const made = await peer.role();
        expect((await inline(peer.clients, made)).PolicyNames).toEqual(made.inline);
      },
    },
    async (peer) => {
      const made = await peer.role();
      const first = await inline(peer.clients, made, { MaxItems: 1 });
      const second = await inline(peer.clients, made, { MaxItems: 1, Marker: first.Marker });
      expect([first.IsTruncated, second.IsTruncated]).toEqual([true, false]);
      expect([...(first.PolicyNames ?? []), ...(second.PolicyNames ?? [])]).toEqual(made.inline);
    },
  ),
  ...readOf('GetRolePolicy', inlineDocument, {
    'the document, with URL encoding': async (peer) => {
      const { PolicyDocument } = await inlineDocument(peer.clients, await peer.role());
      expect(plain(PolicyDocument)).toEqual(DOCUMENT);
    },
  }),
  ...readOf(
    'ListAttachedRolePolicies',
    attached,
    {
      'the ARNs of those attached': async (peer) => {
        const made = await peer.role();
        const { AttachedPolicies } = await attached(peer.clients, made);
        expect(AttachedPolicies?.map(({ PolicyArn }) => PolicyArn).sort()).toEqual([...made.attached].sort());
      },
    },
    async (peer) => {
      const made = await peer.role();
      const first = await attached(peer.clients, made, { MaxItems: 1 });
      const second = await attached(peer.clients, made, { MaxItems: 1, Marker: first.Marker });
      expect([first.IsTruncated, second.IsTruncated]).toEqual([true, false]);
      const both = [...(first.AttachedPolicies ?? []), ...(second.AttachedPolicies ?? [])];
      expect(both.map(({ PolicyArn }) => PolicyArn).sort()).toEqual([...made.attached].sort());
    },
  ),
  ...readOf('GetPolicy', policy, {
    'its default version': async (peer) => {
      expect((await policy(peer.clients, await peer.role())).Policy?.DefaultVersionId).toBe('v1');
    },
  }),
  ...readOf('GetPolicyVersion', version, {
    'the document, with URL encoding': async (peer) => {
      const { PolicyVersion } = await version(peer.clients, await peer.role());
      expect(plain(PolicyVersion?.Document)).toEqual(DOCUMENT);
    },
  }),
];
