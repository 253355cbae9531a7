import { expect, it } from 'vitest';
import { createReader } from '../../lib/drill/changes.ts';
import type { WriteEvent } from '../../lib/sim/history.ts';
import { createWorld } from '../../lib/sim/world.ts';
import { policyOf, web } from './rehearse.ts';

const settle = (): Promise<void> => new Promise((done) => setImmediate(done));
const policies = [web(), policyOf('api.yml')];
const world = createWorld({ policies, seed: 1, settle });
const read = createReader(world, policies);
const seoul = 'ap-northeast-2';

function asked(operation: string, input: object, region = seoul) {
  const write: WriteEvent = {
    ...{ kind: 'write', atMs: 0, caller: 'onTick/0', sentMs: 0, effectMs: 0, answerMs: 0, result: 'ok' },
    ...{ operation, input, region },
  };
  return read(write);
}

it('knows capacity by group and region', () => {
  const input = { AutoScalingGroupName: 'exercise-group', DesiredCapacity: 2 };
  expect(asked('SetDesiredCapacity', input)).toEqual({
    service: 'web',
    changes: [{ kind: 'capacity', site: 'primary', to: 2 }],
  });
  const standby = { AutoScalingGroupName: 'exercise-standby-group', DesiredCapacity: 1 };
  expect(asked('SetDesiredCapacity', standby, 'ap-northeast-1').changes).toMatchObject([{ site: 'secondary' }]);
  expect(asked('UpdateAutoScalingGroup', { ...input, MinSize: 0, DesiredCapacity: 0 }).changes).toEqual([
    { kind: 'size', site: 'primary', minSize: 0, to: 0 },
  ]);
});

it('knows each target of a call by its id and port', () => {
  const { targetGroupArn } = world.place('web', 'primary');
  const targets = { TargetGroupArn: targetGroupArn, Targets: [{ Id: 'i-a', Port: 80 }, { Id: 'i-b' }] };
  expect(asked('DeregisterTargets', targets)).toEqual({
    service: 'web',
    changes: [
      { kind: 'deregister', site: 'primary', key: 'i-a:80' },
      { kind: 'deregister', site: 'primary', key: 'i-b:undefined' },
    ],
  });
  expect(asked('RegisterTargets', targets).changes).toMatchObject([{ kind: 'register' }, { kind: 'register' }]);
});

it('knows instances that were there from the beginning', () => {
  const [instanceId = ''] = world.place('web', 'primary').instanceIds;
  expect(asked('SetInstanceHealth', { InstanceId: instanceId })).toEqual({
    service: 'web',
    changes: [{ kind: 'replace', instanceId }],
  });
});

it('knows the record, however its name and zone are spelled', () => {
  const set = { Name: 'www.example.com.', Type: 'A', SetIdentifier: 'seoul', Weight: 100, TTL: 30 };
  const Changes = [
    { Action: 'DELETE', ResourceRecordSet: set },
    { Action: 'CREATE', ResourceRecordSet: { ...set, Weight: 0 } },
    { Action: 'UPSERT', ResourceRecordSet: { Name: 'www.example.com', Type: 'A' } },
  ];
  const { service, changes } = asked('ChangeResourceRecordSets', {
    HostedZoneId: '/hostedzone/Z0123456789ABCDEFGHIJ',
    ChangeBatch: { Changes },
  });
  const edit = { name: 'www.example.com', setIdentifier: 'seoul', rest: '{"Type":"A","TTL":30}' };
  expect(service).toBe('web');
  expect(changes).toEqual([
    { kind: 'dns', deleted: [{ ...edit, weight: 100 }], created: [{ ...edit, weight: 0 }], others: 1 },
  ]);
});

it.each([
  ['SetDesiredCapacity', { AutoScalingGroupName: 'another', DesiredCapacity: 2 }],
  ['DeleteAutoScalingGroup', { AutoScalingGroupName: 'exercise-group' }],
  ['DeregisterTargets', { TargetGroupArn: 'arn:another', Targets: [] }],
  ['DeregisterTargets', {}],
  ['SetInstanceHealth', { InstanceId: 'i-another' }],
  ['SetInstanceHealth', {}],
  ['ChangeResourceRecordSets', { HostedZoneId: 'ZOTHER', ChangeBatch: { Changes: [] } }],
  ['ChangeResourceRecordSets', {}],
])('knows no service for %s with %o', (operation, input) => {
  expect(asked(operation, input)).toMatchObject({
    service: '',
    changes: [{ kind: 'unknown', what: expect.stringContaining(operation) }],
  });
});
