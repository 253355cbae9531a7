import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  InvalidChangeBatch,
  ListResourceRecordSetsCommand,
  NoSuchChange,
  NoSuchHostedZone,
} from '@aws-sdk/client-route-53';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../lib/core/model.ts';
import type { World } from '../../lib/sim/world.ts';
import { clients, events, failure, pass, readSets, secondsTo, settle, soon, WEB, world, ZONE_ID } from './worlds.ts';

const r53 = (sim: World) => clients(sim).route53();
const send = (sim: World, Changes: Change[]) =>
  r53(sim).send(
    new ChangeResourceRecordSetsCommand({ HostedZoneId: ZONE_ID, ChangeBatch: { Comment: 'test', Changes } }),
  );

/** The batch that the controller sends: every set deleted as it was read, and created with its new weight. */
function move(sets: readonly ResourceRecordSet[], weights: Record<string, number>): Change[] {
  return [
    ...sets.map((set): Change => ({ Action: 'DELETE', ResourceRecordSet: set })),
    ...sets.map(
      (set): Change => ({ Action: 'CREATE', ResourceRecordSet: { ...set, Weight: weights[set.SetIdentifier ?? ''] } }),
    ),
  ];
}

async function fail(sim: World): Promise<string | undefined> {
  const sets = await readSets(sim);
  return (await soon(sim, send(sim, move(sets, { seoul: 0, tokyo: 100 })))).ChangeInfo?.Id;
}

describe('record sets', () => {
  test('are weighted, plain with a TTL, the primary carrying all', async () => {
    const sets = await readSets(world());
    expect(sets).toMatchObject([
      { Name: 'www.example.com.', Type: 'A', SetIdentifier: 'seoul', Weight: 100, TTL: 30 },
      { Name: 'www.example.com.', Type: 'A', SetIdentifier: 'tokyo', Weight: 0, TTL: 30 },
    ]);
    expect(sets[0]?.ResourceRecords?.[0]?.Value).not.toBe(sets[1]?.ResourceRecords?.[0]?.Value);
  });

  test('are listed in order and by page, from where the caller says', async () => {
    const sim = world({ dualStack: true });
    const list = async (input: object) =>
      soon(sim, r53(sim).send(new ListResourceRecordSetsCommand({ HostedZoneId: `/hostedzone/${ZONE_ID}`, ...input })));
    const first = await list({ MaxItems: 3 });
    expect(first.ResourceRecordSets?.map((set) => `${set.Name} ${set.Type}`)).toEqual([
      'example.com. NS',
      'example.com. SOA',
      'www.example.com. A',
    ]);
    expect(first).toMatchObject({
      IsTruncated: true,
      NextRecordName: 'www.example.com.',
      NextRecordType: 'A',
      NextRecordIdentifier: 'tokyo',
    });
    const rest = await list({
      StartRecordName: first.NextRecordName,
      StartRecordType: first.NextRecordType,
      StartRecordIdentifier: first.NextRecordIdentifier,
    });
    expect(rest.ResourceRecordSets?.map((set) => `${set.Type} ${set.SetIdentifier}`)).toEqual([
      'A tokyo',
      'AAAA seoul',
      'AAAA tokyo',
    ]);
    expect(rest.IsTruncated).toBe(false);
    expect((await list({ StartRecordName: 'zzz.example.com' })).ResourceRecordSets).toEqual([]);
    expect((await failure(sim, list({ StartRecordType: 'A' }))).name).toBe('InvalidInput');
  });

  test('may be aliases with EvaluateTargetHealth, or names', async () => {
    const [alias] = await readSets(world({ alias: true }));
    expect(alias?.AliasTarget).toMatchObject({
      EvaluateTargetHealth: true,
      DNSName: expect.stringMatching(/^dualstack\..*\.$/),
    });
    expect(alias).not.toHaveProperty('TTL');
    const failover = WEB.failover && { ...WEB.failover, record: { name: 'www.example.com', type: 'CNAME' as const } };
    const [cname] = await readSets(world({}, { policies: [{ ...WEB, failover }] }));
    expect(cname?.ResourceRecords?.[0]?.Value).toMatch(/elb\.amazonaws\.com$/);
  });

  test('unknown zones and changes are refused', async () => {
    const sim = world();
    const zone = await failure(sim, r53(sim).send(new ListResourceRecordSetsCommand({ HostedZoneId: 'Z1' })));
    expect(zone).toBeInstanceOf(NoSuchHostedZone);
    expect(zone.$metadata?.httpStatusCode).toBe(404);
    expect(await failure(sim, r53(sim).send(new GetChangeCommand({ Id: 'C1' })))).toBeInstanceOf(NoSuchChange);
  });
});

describe('a change batch', () => {
  test('is one compare-and-swap: the second of two equal moves writes nothing', async () => {
    const sim = world();
    const sets = await readSets(sim);
    await soon(sim, send(sim, move(sets, { seoul: 0, tokyo: 100 })));
    const error = await failure(sim, send(sim, move(sets, { seoul: 50, tokyo: 50 })));
    expect(error).toBeInstanceOf(InvalidChangeBatch);
    expect(error.message).toContain(
      "Tried to delete resource record set [name='www.example.com.', type='A', set identifier='seoul'] but the values provided do not match the current values",
    );
    expect((await readSets(sim)).map((set) => set.Weight)).toEqual([0, 100]);
  });

  test('is all or nothing', async () => {
    const sim = world();
    const [seoul] = await readSets(sim);
    if (seoul === undefined) throw new Error('no set');
    const changes: Change[] = [
      { Action: 'DELETE', ResourceRecordSet: seoul },
      { Action: 'CREATE', ResourceRecordSet: { ...seoul, SetIdentifier: 'tokyo' } },
    ];
    const error = await failure(sim, send(sim, changes));
    expect(error.message).toBe(
      "[Tried to create resource record set [name='www.example.com.', type='A', set identifier='tokyo'] but it already exists]",
    );
    expect(await readSets(sim)).toHaveLength(2);
  });

  test('refuses to delete what is not there, and a simple set beside weighted ones', async () => {
    const sim = world();
    const [seoul] = await readSets(sim);
    if (seoul === undefined) throw new Error('no set');
    const gone = await failure(
      sim,
      send(sim, [{ Action: 'DELETE', ResourceRecordSet: { ...seoul, SetIdentifier: 'osaka' } }]),
    );
    expect(gone.message).toContain('but it was not found');
    const { SetIdentifier: _identifier, Weight: _weight, ...simple } = seoul;
    const mixed = await failure(sim, send(sim, [{ Action: 'CREATE', ResourceRecordSet: simple }]));
    expect(mixed.message).toContain('cannot be created as weighted sets exist');
    expect(await failure(sim, send(sim, [{ Action: 'CREATE', ResourceRecordSet: undefined }]))).toBeInstanceOf(
      InvalidChangeBatch,
    );
  });

  test('compares every field, whatever the order and the spelling of the name', async () => {
    const sim = world();
    const [seoul] = await readSets(sim);
    if (seoul === undefined) throw new Error('no set');
    const reordered = Object.fromEntries(
      Object.entries({ ...seoul, Name: 'WWW.example.com' }).reverse(),
    ) as unknown as ResourceRecordSet;
    await soon(sim, send(sim, [{ Action: 'DELETE', ResourceRecordSet: reordered }]));
    expect(await readSets(sim)).toHaveLength(1);
    await soon(sim, send(sim, [{ Action: 'UPSERT', ResourceRecordSet: { ...seoul, Name: '*.example.com', TTL: 10 } }]));
    expect(
      (await soon(sim, r53(sim).send(new ListResourceRecordSetsCommand({ HostedZoneId: ZONE_ID })))).ResourceRecordSets,
    ).toContainEqual(expect.objectContaining({ Name: '\\052.example.com.', TTL: 10 }));
  });

  test('is PENDING for up to a minute, shown by the API at once, answered by the name servers at INSYNC', async () => {
    const seconds = new Set<number>();
    for (let seed = 1; seed <= 10; seed++) {
      const sim = world({}, { seed });
      const Id = (await fail(sim)) ?? '';
      const sentMs = events(sim, 'dns-change')[0]?.atMs ?? 0;
      const status = async (): Promise<string | undefined> =>
        (await soon(sim, r53(sim).send(new GetChangeCommand({ Id })))).ChangeInfo?.Status;
      expect(Id).toMatch(/^\/change\/C/);
      expect(await status()).toBe('PENDING');
      expect(sim.view('web').weights).toEqual({ recorded: { seoul: 0, tokyo: 100 }, served: { seoul: 100, tokyo: 0 } });
      expect(sim.view('web').clients).toEqual({ primary: 50, secondary: 0, none: 0 });
      await pass(sim, 60);
      expect(await status()).toBe('INSYNC');
      const insync = secondsTo(sim, sentMs, 'dns-insync', () => true);
      expect(insync).toBeGreaterThanOrEqual(20);
      expect(insync).toBeLessThanOrEqual(60);
      seconds.add(insync);
    }
    expect(seconds.size).toBeGreaterThan(5);
  });
});

describe('resolvers', () => {
  test('keep an answer for its TTL: clients move over within 30 s of INSYNC, little by little', async () => {
    const sim = world();
    await fail(sim);
    await pass(sim, 120);
    const insyncMs = events(sim, 'dns-insync')[0]?.atMs ?? 0;
    const moves = events(sim, 'clients');
    expect(moves).toHaveLength(50);
    expect(moves.at(-1)).toMatchObject({ primary: 0, secondary: 50 });
    for (const move of moves) {
      expect(move.atMs).toBeGreaterThan(insyncMs);
      expect(move.atMs).toBeLessThanOrEqual(insyncMs + 30_000);
    }
  });

  test('share themselves out by weight', async () => {
    const sim = world({ resolvers: 1000 });
    sim.apply({ kind: 'person', edit: 'weights', service: 'web', weights: { seoul: 30, tokyo: 10 } });
    await pass(sim, 120);
    const { primary, secondary } = sim.view('web').clients;
    expect(primary + secondary).toBe(1000);
    expect(primary / 1000).toBeGreaterThan(0.7);
    expect(primary / 1000).toBeLessThan(0.8);
    sim.apply({ kind: 'person', edit: 'weights', service: 'web', weights: { seoul: 0, tokyo: 0 } });
    await pass(sim, 120);
    expect(sim.view('web').clients.primary).toBeGreaterThan(400);
    expect(sim.view('web').clients.secondary).toBeGreaterThan(400);
  });

  test('find nothing when the sets are gone', async () => {
    const sim = world();
    const sets = await readSets(sim);
    await soon(
      sim,
      send(
        sim,
        sets.map((set): Change => ({ Action: 'DELETE', ResourceRecordSet: set })),
      ),
    );
    await pass(sim, 120);
    expect(sim.view('web').clients).toEqual({ primary: 0, secondary: 0, none: 50 });
  });

  test('with EvaluateTargetHealth go to the other site by themselves, and come back', async () => {
    const sim = world({ alias: true });
    sim.apply({ kind: 'server', service: 'web', site: 'primary', which: 'all', condition: 'refuses' });
    await pass(sim, 90);
    expect(sim.view('web').clients).toEqual({ primary: 0, secondary: 50, none: 0 });
    sim.apply({ kind: 'server', service: 'web', site: 'primary', which: 'all', condition: 'ok' });
    await pass(sim, 90);
    expect(sim.view('web').clients).toEqual({ primary: 50, secondary: 0, none: 0 });
  });

  test('services of one hosted zone do not disturb each other', async () => {
    const other: Policy = {
      ...WEB,
      service: 'api',
      fleet: { autoScalingGroup: 'api-group', capacity: { min: 1, max: 2 } },
      health: WEB.health && { ...WEB.health, targetGroup: 'api-targets' },
      failover: WEB.failover && {
        ...WEB.failover,
        record: { name: 'api.example.com', type: 'A' },
        secondary: { ...WEB.failover.secondary, targetGroup: 'api-standby', autoScalingGroup: 'api-standby-group' },
      },
    };
    const sim = world({}, { policies: [WEB, other], perService: { api: { resolvers: 5 } }, settle });
    await fail(sim);
    await pass(sim, 120);
    expect(sim.view('web').clients.secondary).toBe(50);
    expect(sim.view('api')).toMatchObject({
      clients: { primary: 5, secondary: 0 },
      weights: { served: { seoul: 100, tokyo: 0 } },
    });
    expect(() => sim.view('nobody')).toThrow('this world has no service nobody; it has web, api');
  });
});
