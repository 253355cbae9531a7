/** What Route 53 does: https://docs.aws.amazon.com/Route53/latest/APIReference/API_Operations_Amazon_Route_53.html */
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
} from '@aws-sdk/client-route-53';
import { expect } from 'vitest';
import { type Case, casesOf, refused } from './case.ts';
import type { Peer, Stage } from './peer.ts';

const INVALID = { kind: 'bug', name: 'InvalidInput', status: 400 } as const;
const DENIED = { kind: 'Denied', name: 'AccessDenied', status: 403 } as const;
const NO_ZONE = { kind: 'NotFound', name: 'NoSuchHostedZone', status: 404 } as const;
const CONFLICT = { kind: 'Conflict', name: 'InvalidChangeBatch', status: 400 } as const;
const NO_SUCH_ZONE_ID = 'Z00000000000000000000';

async function list(stage: Stage, input: object = {}) {
  const command = new ListResourceRecordSetsCommand({ HostedZoneId: stage.zoneId, ...input });
  return stage.answered(stage.clients.route53().send(command));
}

const nameOf = (stage: Stage): string => stage.web.policy.failover?.record.name ?? '';

/** The two sets of the record, as they are listed. */
async function pair(stage: Stage): Promise<[ResourceRecordSet, ResourceRecordSet]> {
  const { ResourceRecordSets = [] } = await list(stage, { StartRecordName: nameOf(stage) });
  const [seoul, tokyo] = ResourceRecordSets.filter((set) => set.Name === `${nameOf(stage)}.`);
  if (seoul === undefined || tokyo === undefined) throw new Error('the record has not two sets');
  return [seoul, tokyo];
}

const told = (set: ResourceRecordSet): string => [set.Name, set.Type, set.SetIdentifier ?? ''].join(' ').trim();

const listSets = casesOf<Peer>('ListResourceRecordSets', {
  success: {
    'from the name on, each with all of its fields': async (peer) => {
      const stage = await peer.stage();
      const Name = `${nameOf(stage)}.`;
      const address = [{ Value: expect.stringMatching(/^(\d+\.){3}\d+$/) }];
      const { ResourceRecordSets, IsTruncated } = await list(stage, { StartRecordName: nameOf(stage) });
      expect(ResourceRecordSets).toEqual([
        { Name, Type: 'A', SetIdentifier: 'seoul', Weight: 100, TTL: 30, ResourceRecords: address },
        { Name, Type: 'A', SetIdentifier: 'tokyo', Weight: 0, TTL: 30, ResourceRecords: address },
      ]);
      expect(IsTruncated).toBe(false);
    },
    'the zone’s own sets come before those of names below it': async (peer) => {
      const stage = await peer.stage();
      const { ResourceRecordSets = [] } = await list(stage);
      const www = `${nameOf(stage)}. A`;
      expect(ResourceRecordSets.map(told)).toEqual([
        'example.com. NS',
        'example.com. SOA',
        `${www} seoul`,
        `${www} tokyo`,
      ]);
    },
    'an alias has no time to live and no values': async (peer) => {
      const stage = await peer.stage({ alias: true });
      for (const set of await pair(stage)) {
        expect(set).toEqual({
          Name: `${nameOf(stage)}.`,
          Type: 'A',
          SetIdentifier: expect.any(String),
          Weight: expect.any(Number),
          AliasTarget: {
            HostedZoneId: 'ZWKZPGTI48KDX',
            DNSName: expect.stringMatching(/^dualstack\..*\.$/),
            EvaluateTargetHealth: true,
          },
        });
      }
    },
    'an asterisk is spelled as its octal code, and capitals are small': async (peer) => {
      const stage = await peer.stage();
      const set = {
        Name: '*.WILD.example.com',
        Type: 'A',
        TTL: 60,
        ResourceRecords: [{ Value: '192.0.2.9' }],
      } as const;
      await stage.changeSets([
        { Action: 'CREATE', ResourceRecordSet: { ...set, ResourceRecords: [...set.ResourceRecords] } },
      ]);
      const { ResourceRecordSets } = await list(stage, { StartRecordName: '*.wild.example.com' });
      expect(ResourceRecordSets?.map((one) => one.Name)).toContain('\\052.wild.example.com.');
    },
  },
  'not found': {
    'an unknown zone': async (peer) => {
      const stage = await peer.stage();
      await refused(list(stage, { HostedZoneId: NO_SUCH_ZONE_ID }), NO_ZONE);
    },
    'from a name behind all others there is nothing': async (peer) => {
      const stage = await peer.stage();
      expect((await list(stage, { StartRecordName: 'zzz.example.com' })).ResourceRecordSets).toEqual([]);
    },
  },
  denied: {
    'is refused': async (peer) => {
      const stage = await peer.stage();
      const read = new ListResourceRecordSetsCommand({ HostedZoneId: stage.zoneId });
      await refused(
        stage.denied('route53:ListResourceRecordSets', (to) => to.route53().send(read)),
        DENIED,
      );
    },
  },
  invalid: {
    'a type to start from without a name': async (peer) => {
      const stage = await peer.stage();
      await refused(list(stage, { StartRecordType: 'A' }), INVALID);
    },
  },
  pages: {
    'every set once, also where a page ends between two sets of one name': async (peer) => {
      const stage = await peer.stage({ services: 3 });
      const seen: string[] = [];
      let pages = 0;
      for (let start: object | null = {}; start !== null; pages += 1) {
        const page = await list(stage, { ...start, MaxItems: 3 });
        expect(page.ResourceRecordSets?.length).toBeLessThanOrEqual(3);
        seen.push(...(page.ResourceRecordSets ?? []).map(told));
        const { NextRecordName, NextRecordType, NextRecordIdentifier } = page;
        start =
          page.IsTruncated === true
            ? {
                StartRecordName: NextRecordName,
                StartRecordType: NextRecordType,
                StartRecordIdentifier: NextRecordIdentifier,
              }
            : null;
      }
      // NS and SOA of the zone, and two sets of each of the three names.
      expect(new Set(seen).size).toBe(8);
      expect([seen.length, pages]).toEqual([8, 3]);
    },
    'no more than 300 at once': async (peer) => {
      const stage = await peer.stage();
      const changes = Array.from({ length: 300 }, (_, index): Change => {
        const Name = `a${String(index).padStart(3, '0')}.example.com`;
        const ResourceRecords = [{ Value: '192.0.2.3' }];
        return { Action: 'CREATE', ResourceRecordSet: { Name, Type: 'A', TTL: 60, ResourceRecords } };
      });
      await stage.changeSets(changes);
      const page = await list(stage);
      expect(page.ResourceRecordSets).toHaveLength(300);
      expect(page).toMatchObject({ IsTruncated: true, NextRecordName: 'a298.example.com.', NextRecordType: 'A' });
    },
  },
});

const batch = (stage: Stage, Changes: Change[], HostedZoneId = stage.zoneId) =>
  new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Comment: 'contract', Changes } });

const change = (stage: Stage, Changes: Change[]) => stage.answered(stage.clients.route53().send(batch(stage, Changes)));

/** As lib/aws moves: every set deleted as it was read, and created with its new weight. */
function move(sets: readonly ResourceRecordSet[], weights: Readonly<Record<string, number>>): Change[] {
  return [
    ...sets.map((set): Change => ({ Action: 'DELETE', ResourceRecordSet: set })),
    ...sets.map(
      (set): Change => ({
        Action: 'CREATE',
        ResourceRecordSet: { ...set, Weight: weights[set.SetIdentifier ?? ''] ?? set.Weight },
      }),
    ),
  ];
}

const changeSets = casesOf<Peer>('ChangeResourceRecordSets', {
  success: {
    'moves all weight to the standby, and shows it at once': async (peer) => {
      const stage = await peer.stage();
      const { ChangeInfo } = await change(stage, move(await pair(stage), { seoul: 0, tokyo: 100 }));
      expect(ChangeInfo).toMatchObject({
        Id: expect.stringMatching(/^(\/change\/)?C?[A-Z0-9]+$/),
        SubmittedAt: expect.any(Date),
      });
      expect(await stage.weightsNow(stage.web)).toEqual({ seoul: 0, tokyo: 100 });
    },
    'a set that keeps its weight may be deleted and created in one batch': async (peer) => {
      const stage = await peer.stage();
      // Twice, so that what is created was created before, however the lab made the record.
      for (const tokyo of [50, 60]) await change(stage, move(await pair(stage), { tokyo }));
      expect(await stage.weightsNow(stage.web)).toEqual({ seoul: 100, tokyo: 60 });
    },
    'an alias is moved just as it was read': async (peer) => {
      const stage = await peer.stage({ alias: true });
      const [before] = await pair(stage);
      await change(stage, move(await pair(stage), { seoul: 0, tokyo: 100 }));
      const [after] = await pair(stage);
      expect(after).toEqual({ ...before, Weight: 0 });
    },
    'other names stay as they are': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      await change(stage, move(await pair(stage), { seoul: 0, tokyo: 100 }));
      const [, other] = stage.services;
      if (other === undefined) throw new Error('there are two services');
      expect(await stage.weightsNow(other)).toEqual({ seoul: 100, tokyo: 0 });
    },
  },
  'not found': {
    'an unknown zone': async (peer) => {
      const stage = await peer.stage();
      const changes = move(await pair(stage), { seoul: 0, tokyo: 100 });
      const call = stage.answered(stage.clients.route53().send(batch(stage, changes, NO_SUCH_ZONE_ID)));
      await refused(call, NO_ZONE);
    },
    'a set that is not there cannot be deleted': async (peer) => {
      const stage = await peer.stage();
      const [seoul] = await pair(stage);
      const changes: Change[] = [{ Action: 'DELETE', ResourceRecordSet: { ...seoul, SetIdentifier: 'osaka' } }];
      await refused(change(stage, changes), { ...CONFLICT, says: /but it was not found/ });
    },
  },
  denied: {
    'changes nothing': async (peer) => {
      const stage = await peer.stage();
      const command = batch(stage, move(await pair(stage), { seoul: 0, tokyo: 100 }));
      const call = stage.denied('route53:ChangeResourceRecordSets', (to) => to.route53().send(command));
      await refused(call, DENIED);
      expect(await stage.weightsNow(stage.web)).toEqual({ seoul: 100, tokyo: 0 });
    },
  },
  invalid: {
    'a set that is no more what was read: the whole batch is refused': async (peer) => {
      const stage = await peer.stage();
      const stale = await pair(stage);
      const [, tokyo] = stale;
      await stage.changeSets([{ Action: 'UPSERT', ResourceRecordSet: { ...tokyo, Weight: 7 } }]);
      const call = change(stage, move(stale, { seoul: 0, tokyo: 100 }));
      await refused(call, { ...CONFLICT, says: /do not match the current values/ });
      expect(await stage.weightsNow(stage.web)).toEqual({ seoul: 100, tokyo: 7 });
    },
    'a set that exists cannot be created': async (peer) => {
      const stage = await peer.stage();
      const [seoul] = await pair(stage);
      const call = change(stage, [{ Action: 'CREATE', ResourceRecordSet: { ...seoul, Weight: 1 } }]);
      await refused(call, { ...CONFLICT, says: /but it already exists/ });
      expect(await stage.weightsNow(stage.web)).toEqual({ seoul: 100, tokyo: 0 });
    },
    'of a batch with one bad change nothing is done': async (peer) => {
      const stage = await peer.stage();
      const [seoul, tokyo] = await pair(stage);
      const changes: Change[] = [
        { Action: 'DELETE', ResourceRecordSet: seoul },
        { Action: 'DELETE', ResourceRecordSet: { ...tokyo, SetIdentifier: 'osaka' } },
      ];
      await change(stage, changes).catch(() => undefined);
      expect(await stage.weightsNow(stage.web)).toEqual({ seoul: 100, tokyo: 0 });
    },
    'a weight above 255': async (peer) => {
      const stage = await peer.stage();
      await refused(change(stage, move(await pair(stage), { seoul: 0, tokyo: 256 })), INVALID);
      expect(await stage.weightsNow(stage.web)).toEqual({ seoul: 100, tokyo: 0 });
    },
  },
});

const status = async (stage: Stage, Id: string) =>
  (await stage.answered(stage.clients.route53().send(new GetChangeCommand({ Id })))).ChangeInfo?.Status;

const getChange = casesOf<Peer>('GetChange', {
  success: {
    'is PENDING at first': async (peer) => {
      const stage = await peer.stage();
      const { ChangeInfo } = await change(stage, move(await pair(stage), { seoul: 0, tokyo: 100 }));
      expect(ChangeInfo?.Status).toBe('PENDING');
      expect(await status(stage, ChangeInfo?.Id ?? '')).toBe('PENDING');
    },
    'is INSYNC within a minute, asked with or without the path before its id': async (peer) => {
      const stage = await peer.stage();
      const { ChangeInfo } = await change(stage, move(await pair(stage), { seoul: 0, tokyo: 100 }));
      const id = ChangeInfo?.Id ?? '';
      for (let seconds = 0; seconds < 60 && (await status(stage, id)) !== 'INSYNC'; seconds += 5) await stage.pass(5);
      expect(await status(stage, id.replace('/change/', ''))).toBe('INSYNC');
    },
  },
  'not found': {
    'an unknown change': async (peer) => {
      const stage = await peer.stage();
      await refused(status(stage, 'C0000000000000'), { kind: 'NotFound', name: 'NoSuchChange', status: 404 });
    },
  },
  denied: {
    'is refused': async (peer) => {
      const stage = await peer.stage();
      const { ChangeInfo } = await change(stage, move(await pair(stage), { seoul: 0, tokyo: 100 }));
      const read = new GetChangeCommand({ Id: ChangeInfo?.Id });
      await refused(
        stage.denied('route53:GetChange', (to) => to.route53().send(read)),
        DENIED,
      );
    },
  },
});

export const dnsCases: readonly Case<Peer>[] = [...listSets, ...changeSets, ...getChange];
