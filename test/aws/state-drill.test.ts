import { describe, expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { awsState } from '../../lib/aws/state.ts';
import { awsServer, json } from './aws-server.ts';

const aws = awsServer();
const state = awsState(awsClients().dynamoDb, 'evenkeel');

describe('a live drill that is not readable', () => {
  const item = (changes: object) => ({
    pk: { S: 'controller' },
    sk: { S: 'drill' },
    id: { S: 'web/1' },
    untilMs: { N: '1000' },
    body: {
      S: JSON.stringify({
        ...{ id: 'web/1', service: 'web', scenario: 'server-stops', region: 'r', targetGroup: 't' },
        ...{ targets: ['i-1:80'], startedMs: 500, untilMs: 9000 },
      }),
    },
    ...changes,
  });
  const read = async (changes: object) => {
    aws.answer = () => json({ Responses: { evenkeel: [item(changes)] }, UnprocessedKeys: {} });
    return (await state.load(['web'])).drill;
  };

  test('has the end that stands beside its body', async () => {
    expect(await read({})).toMatchObject({ id: 'web/1', targets: ['i-1:80'], startedMs: 500, untilMs: 1000 });
  });

  test.each([
    ['no body', { body: undefined }],
    ['a body that is no JSON', { body: { S: '{' } }],
    ['a body that is null', { body: { S: 'null' } }],
    ['a body that is a text', { body: { S: '"drill"' } }],
    ['a body that names no service', { body: { S: '{"id":"web/1"}' } }],
    ['targets that are none', { body: { S: item({}).body.S.replace('["i-1:80"]', '"i-1:80"') } }],
    ['a target that is a number', { body: { S: item({}).body.S.replace('"i-1:80"', '80') } }],
    ['a beginning that is none', { body: { S: item({}).body.S.replace('500', '"soon"') } }],
    ['no end', { untilMs: undefined }],
    ['an end that is no number', { untilMs: { N: 'soon' } }],
  ])('is none, and keeps nobody from their rounds: %s', async (_, changes) => {
    expect(await read(changes)).toBeNull();
  });
});
