import { describe, expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { awsDns } from '../../lib/aws/dns.ts';
import type { RecordSet } from '../../lib/core/model.ts';
import { awsServer, fields, xml, xmlError } from './aws-server.ts';

const aws = awsServer();
const dns = awsDns(awsClients().route53);

const WWW = 'www.example.com.';

const set = (type: string, identifier: string, weight: number, more: string, name = WWW) =>
  `<ResourceRecordSet>${fields({ Name: name, Type: type, SetIdentifier: identifier, Weight: weight })}${more}</ResourceRecordSet>`;
const plain = (ttl: number, ...values: string[]) =>
  `<TTL>${ttl}</TTL><ResourceRecords>${values.map((value) => `<ResourceRecord><Value>${value}</Value></ResourceRecord>`).join('')}</ResourceRecords>`;
const alias = (zone: string, host: string) =>
  `<AliasTarget>${fields({ HostedZoneId: zone, DNSName: host, EvaluateTargetHealth: true })}</AliasTarget>`;
const other = (type: string, name: string, more = plain(60, '192.0.2.9')) =>
  `<ResourceRecordSet>${fields({ Name: name, Type: type })}${more}</ResourceRecordSet>`;

const list = (sets: readonly string[], next: Readonly<Record<string, string>> = {}) =>
  xml(
    `<?xml version="1.0"?><ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets>${sets.join('')}</ResourceRecordSets><IsTruncated>${Object.keys(next).length > 0}</IsTruncated>${fields(next)}<MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`,
  );
const accepted = (status = 'PENDING') =>
  xml(
    `<R xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeInfo><Id>/change/C2682N5HXP0BZ4</Id><Status>${status}</Status><SubmittedAt>2026-11-21T01:36:41.958Z</SubmittedAt></ChangeInfo></R>`,
  );

async function readSets(...sets: string[]): Promise<readonly RecordSet[]> {
  aws.answer = () => list(sets);
  return (await dns.read('Z0123456789ABCDEFGHIJ', 'www.example.com')).sets;
}

/** The record sets of a batch by action, as they went over the wire. */
function changes(body: string, action: string): string[] {
  const all = body.matchAll(/<Change><Action>(\w+)<\/Action>(<ResourceRecordSet>.*?<\/ResourceRecordSet>)<\/Change>/g);
  return [...all].flatMap(([, which, sent]) => (which === action && sent !== undefined ? [sent] : []));
}

describe('reading record sets', () => {
  test('gives the sets of this name that answer addresses, weighted or not', async () => {
    const sets = await readSets(
      set('A', 'seoul', 100, plain(30, '192.0.2.1')),
      set('AAAA', 'seoul', 100, alias('ZALB', 'lb.example.com.')),
      other('TXT', WWW, plain(60, '&quot;v=1&quot;')),
      other('A', 'zzz.example.com.'),
    );
    expect(sets).toEqual([
      {
        type: 'A',
        setIdentifier: 'seoul',
        weight: 100,
        ttlSeconds: 30,
        routing: 'weighted',
        raw: {
          Name: WWW,
          Type: 'A',
          SetIdentifier: 'seoul',
          Weight: 100,
          TTL: 30,
          ResourceRecords: [{ Value: '192.0.2.1' }],
        },
      },
      {
        type: 'AAAA',
        setIdentifier: 'seoul',
        weight: 100,
        ttlSeconds: undefined,
        routing: 'weighted',
        raw: {
          Name: WWW,
          Type: 'AAAA',
          SetIdentifier: 'seoul',
          Weight: 100,
          AliasTarget: { HostedZoneId: 'ZALB', DNSName: 'lb.example.com.', EvaluateTargetHealth: true },
        },
      },
    ]);
    expect(aws.asked[0]?.url).toBe('/2013-04-01/hostedzone/Z0123456789ABCDEFGHIJ/rrset?name=www.example.com');
  });

  test.each([
    ['simple', other('A', WWW), 'simple'],
    ['latency', other('A', WWW, '<SetIdentifier>a</SetIdentifier><Region>us-east-1</Region>'), 'other'],
    ['failover', other('A', WWW, '<SetIdentifier>a</SetIdentifier><Failover>PRIMARY</Failover>'), 'other'],
    [
      'multivalue',
      other('A', WWW, '<SetIdentifier>a</SetIdentifier><MultiValueAnswer>true</MultiValueAnswer>'),
      'other',
    ],
    ['of a traffic policy', set('A', 'a', 1, '<TrafficPolicyInstanceId>t</TrafficPolicyInstanceId>'), 'other'],
  ])('a %s set has the routing it has', async (_, sent, routing) => {
    expect((await readSets(sent))[0]?.routing).toBe(routing);
  });

  test.each([
    ['*.example.com', '\\052.example.com.'],
    ['WWW.Example.COM.', 'www.example.com.'],
    ['a_b.example.com', 'a_b.example.com.'],
    ['a!b.example.com', 'a\\041b.example.com.'],
  ])('knows %s in the spelling of Route 53, %s', async (name, spelled) => {
    aws.answer = () => list([other('A', spelled), other('A', 'b.example.com.')]);
    expect((await dns.read('Z1', name)).sets).toHaveLength(1);
  });

  test('reads on while the next page is of the same name, and no further', async () => {
    const pages: Record<string, ReturnType<typeof list>> = {
      '': list([set('A', 'one', 1, plain(30, '192.0.2.1'))], {
        NextRecordName: WWW,
        NextRecordType: 'A',
        NextRecordIdentifier: 'two',
      }),
      two: list([set('A', 'two', 0, plain(30, '192.0.2.2'))], {
        NextRecordName: 'zzz.example.com.',
        NextRecordType: 'A',
      }),
    };
    aws.answer = (asked) => pages[new URL(asked.url, 'http://x').searchParams.get('identifier') ?? ''] ?? list([]);
    const { sets } = await dns.read('Z1', 'www.example.com');
    expect(sets.map((read) => read.setIdentifier)).toEqual(['one', 'two']);
    expect(aws.asked.map((asked) => Object.fromEntries(new URL(asked.url, 'http://x').searchParams))).toEqual([
      { name: 'www.example.com' },
      { name: WWW, type: 'A', identifier: 'two' },
    ]);
  });

  test('of a name that has none gives none, even when the list goes on with others', async () => {
    aws.answer = () =>
      list([other('A', 'zzz.example.com.')], { NextRecordName: 'zzzz.example.com.', NextRecordType: 'A' });
    expect((await dns.read('Z1', 'www.example.com')).sets).toEqual([]);
    expect(aws.asked).toHaveLength(1);
  });

  test('in a zone that does not exist is not found', async () => {
    aws.answer = () => xmlError('NoSuchHostedZone', 'No hosted zone found with ID: Z1', 404);
    await expect(dns.read('Z1', 'www.example.com')).rejects.toMatchObject({ kind: 'NotFound' });
  });
});

describe('moving a record', () => {
  const four = [
    set('A', 'seoul', 100, `${plain(30, '192.0.2.1', '192.0.2.2')}<HealthCheckId>hc-1</HealthCheckId>`),
    set('A', 'tokyo', 0, plain(30, '198.51.100.1')),
    set('AAAA', 'seoul', 100, alias('ZSEOUL', 'lb.seoul.example.com.')),
    set('AAAA', 'tokyo', 0, alias('ZTOKYO', 'lb.tokyo.example.com.')),
  ];

  async function moved(sets: readonly RecordSet[], weights: Record<string, number>, comment = 'evenkeel: trip') {
    aws.answer = () => accepted();
    return dns.move('Z1', sets, weights, comment);
  }

  test('deletes exactly what was read and creates the same with new weights, A and AAAA in one batch', async () => {
    const sets = await readSets(...four);
    expect(await moved(sets, { seoul: 0, tokyo: 100 })).toEqual({ changeId: 'C2682N5HXP0BZ4' });
    const body = aws.asked.at(-1)?.body ?? '';
    expect(changes(body, 'DELETE')).toEqual(four);
    expect(changes(body, 'CREATE')).toEqual(
      four.map((sent) =>
        sent.includes('seoul')
          ? sent.replace('<Weight>100</Weight>', '<Weight>0</Weight>')
          : sent.replace('<Weight>0</Weight>', '<Weight>100</Weight>'),
      ),
    );
    expect(body.lastIndexOf('DELETE')).toBeLessThan(body.indexOf('CREATE'));
    expect(body).toContain('<Comment>evenkeel: trip</Comment>');
    expect(aws.asked).toHaveLength(2);
  });

  test('keeps the weight of a set that is not named, and still compares and swaps it', async () => {
    const third = set('A', 'osaka', 7, plain(30, '203.0.113.1'));
    const sets = await readSets(...four.slice(0, 2), third);
    await moved(sets, { seoul: 0, tokyo: 100 });
    const body = aws.asked.at(-1)?.body ?? '';
    expect(changes(body, 'DELETE')).toContain(third);
    expect(changes(body, 'CREATE')).toContain(third);
  });

  test('cuts a comment that is too long for Route 53', async () => {
    await moved(await readSets(...four), { seoul: 0, tokyo: 1 }, 'x'.repeat(300));
    expect(aws.asked.at(-1)?.body).toContain(`<Comment>${'x'.repeat(256)}</Comment>`);
  });

  test.each([
    ['every weight zero', four, { seoul: 0, tokyo: 0 }, 'weight of every A record set to zero'],
    [
      'every weight of one type zero',
      [...four.slice(0, 2), set('AAAA', 'osaka', 0, alias('Z', 'lb.'))],
      { seoul: 1, tokyo: 1 },
      'weight of every AAAA record set to zero',
    ],
    ['a set without weight', [...four, other('A', WWW)], { seoul: 0, tokyo: 1 }, 'simple routing'],
    ['a set that does not exist', four, { seoul: 0, tokyo: 1, nairobi: 1 }, 'nairobi: no record set'],
    ['nothing', [], { seoul: 1 }, 'has no record sets'],
  ])('refuses to move %s: that is a bug, and nothing is sent', async (_, given, weights, words) => {
    const sets = await readSets(...given);
    const refused = moved(sets, weights);
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.not.toHaveProperty('kind');
    expect(aws.asked).toHaveLength(1);
  });

  const refusal = (said: string) =>
    `[Tried to delete resource record set [name='www.example.com.', type='A', set identifier='seoul'] ${said}]`;

  test.each([
    ['InvalidChangeBatch', refusal('but it was not found'), 400, 'Conflict'],
    ['InvalidChangeBatch', refusal('but the values provided do not match the current values'), 400, 'Conflict'],
    [
      'InvalidChangeBatch',
      "[Tried to create resource record set [name='x.', type='A'] but it already exists]",
      400,
      'Conflict',
    ],
    [
      'PriorRequestNotComplete',
      'The request was rejected because Route 53 was still processing a prior request.',
      400,
      'Throttled',
    ],
    ['Throttling', 'Rate exceeded', 400, 'Throttled'],
    ['AccessDenied', 'not authorized to perform: route53:ChangeResourceRecordSets', 403, 'Denied'],
    ['ServiceUnavailable', 'try later', 503, 'Unavailable'],
  ])('%s "%s" (%i) is %s', async (code, message, status, kind) => {
    const sets = await readSets(...four);
    aws.answer = () => xmlError(code, message, status);
    await expect(dns.move('Z1', sets, { seoul: 0, tokyo: 1 }, '')).rejects.toMatchObject({ kind });
  });

  test('understands the older form of a refused batch too, of which the SDK makes nothing', async () => {
    const sets = await readSets(...four);
    aws.answer = () =>
      xml(
        `<InvalidChangeBatch xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Messages><Message>${refusal('but it was not found')}</Message></Messages></InvalidChangeBatch>`,
        400,
      );
    await expect(dns.move('Z1', sets, { seoul: 0, tokyo: 1 }, '')).rejects.toMatchObject({
      kind: 'Conflict',
      message: expect.stringContaining("set identifier='seoul'] but it was not found"),
    });
  });

  test('a batch that is wrong in itself is a bug and stays what it is', async () => {
    const sets = await readSets(...four);
    aws.answer = () => xmlError('InvalidChangeBatch', '[Invalid Resource Record: FATAL problem]');
    await expect(dns.move('Z1', sets, { seoul: 0, tokyo: 1 }, '')).rejects.toMatchObject({
      name: 'InvalidChangeBatch',
    });
  });
});

describe('awaiting a change', () => {
  test.each(['PENDING', 'INSYNC'])('tells that it is %s', async (status) => {
    aws.answer = () => accepted(status);
    expect(await dns.changeStatus('C2682N5HXP0BZ4')).toBe(status);
    expect(aws.asked[0]?.url).toBe('/2013-04-01/change/C2682N5HXP0BZ4');
  });

  test('that nobody knows is not found', async () => {
    aws.answer = () => xmlError('NoSuchChange', 'A change with the specified change ID does not exist.', 404);
    await expect(dns.changeStatus('C0')).rejects.toMatchObject({ kind: 'NotFound' });
  });
});
