/** What simulations have found about moves and rounds, each as the least script that led to it. See regressions.test.ts. */
import { expect, test } from 'vitest';
import { play } from '../../lib/simulate/play.ts';
import { means, written } from './scripts.ts';

test('seed 30018: an order was carried out in a region that was lost, and rounds were asked for there', async () => {
  const region = { kind: 'region', region: 'ap-northeast-1' } as const;
  const release = { kind: 'order', order: { order: 'release', service: 's0' } } as const;
  const ticks: number[] = [];
  const onLine = (text: string): void => {
    if (text.includes('"phase":"started"')) ticks.push(Number.parseFloat(text));
  };
  const outcome = await play(
    written({
      policy: { health: { targetGroup: 's0-targets' } },
      minutes: 16,
      healSeconds: 900,
      home: 'ap-northeast-1',
      faults: [
        {
          atSeconds: 120,
          what: { ...region, lost: true },
          end: { afterSeconds: 600, what: { ...region, lost: false } },
        },
        { atSeconds: 300, what: release },
        { atSeconds: 500, what: release },
      ],
    }),
    { ...means, onLine },
  );
  expect(outcome.finding).toBeNull();
  expect(ticks.filter((atSeconds) => atSeconds > 120 && atSeconds < 720)).toEqual([]);
  expect(ticks.some((atSeconds) => atSeconds > 720)).toBe(true);
});

test('seed 31072: a record was moved over a set that a person had added ten seconds before', async () => {
  const site = { setIdentifier: 'here', region: 'ap-northeast-2', targetGroup: 's0-targets' };
  const moves: string[] = [];
  const onLine = (text: string): void => {
    if (text.includes('ChangeResourceRecordSets')) moves.push(text);
  };
  const server = { kind: 'server', service: 's0', site: 'primary', which: 'all' } as const;
  const person = { kind: 'person', edit: 'record', service: 's0' } as const;
  const outcome = await play(
    written({
      policy: {
        health: { targetGroup: 's0-targets' },
        failover: {
          hostedZoneId: 'Z0',
          record: { name: 's0.example.com' },
          primary: site,
          secondary: { ...site, setIdentifier: 'there', region: 'ap-northeast-1', targetGroup: 's0-standby' },
          trip: { rounds: 6 },
        },
      },
      options: { standbyServers: 4 },
      faults: [
        {
          atSeconds: 170,
          what: { ...server, condition: 'refuses' },
          end: { afterSeconds: 57, what: { ...server, condition: 'ok' } },
        },
        {
          atSeconds: 195,
          what: { ...person, how: 'third-set' },
          end: { afterSeconds: 60, what: { ...person, how: 'restore' } },
        },
      ],
    }),
    { ...means, onLine },
  );
  expect(outcome.finding).toBeNull();
  expect(outcome.coverage.reasons.TRIP).toBeGreaterThan(0);
  expect(outcome.coverage.reasons.DNS_REFUSED).toBeGreaterThan(0);
  expect(moves).toEqual([]);
});

test('seed 501896: a fleet without traffic was scaled in, because an edit of the policy named a record that does not exist', async () => {
  const site = { setIdentifier: 'here', region: 'ap-northeast-2', targetGroup: 's0-targets' };
  const policy = (name: string) => ({
    fleet: { autoScalingGroup: 's0-group', capacity: { min: 1, max: 4 } },
    scaling: { signals: [{ name: 'cpu', target: 60 }], scaleIn: { stabilizationSeconds: 60 } },
    health: { targetGroup: 's0-targets' },
    failover: {
      hostedZoneId: 'Z0',
      record: { name },
      primary: site,
      secondary: { ...site, setIdentifier: 'there', region: 'ap-northeast-1', targetGroup: 's0-standby' },
    },
  });
  const text = JSON.stringify({ service: 's0', region: 'ap-northeast-2', ...policy('typo.example.com') });
  const resizes: string[] = [];
  const onLine = (line: string): void => {
    if (line.includes('SetDesiredCapacity')) resizes.push(line);
  };
  const outcome = await play(
    written({
      policy: policy('s0.example.com'),
      minutes: 15,
      healSeconds: 899,
      options: { servers: 3, standbyServers: 3 },
      faults: [
        { atSeconds: 130, what: { kind: 'order', order: { order: 'failover', service: 's0' } } },
        { atSeconds: 300, what: { kind: 'policy', service: 's0', how: 'changed', text } },
      ],
    }),
    { ...means, onLine },
  );
  expect(outcome.finding).toBeNull();
  expect(outcome.coverage.reasons.MOVED).toBeGreaterThan(0);
  expect(outcome.coverage.reasons.DNS_REFUSED).toBeGreaterThan(0);
  expect(resizes).toEqual([]);
});

test('seed 5809: an edit left failover out until a region was lost, and nobody believed its probe any more', async () => {
  const site = { setIdentifier: 'here', region: 'ap-northeast-2', targetGroup: 's0-targets' };
  const failover = {
    hostedZoneId: 'Z0123456789ABCDEFGHIJ',
    record: { name: 's0.example.com' },
    primary: { ...site, probe: 'https://here.example.com/health' },
    secondary: {
      ...site,
      setIdentifier: 'there',
      region: 'eu-west-1',
      targetGroup: 's0-standby',
      probe: 'https://there.example.com/health',
    },
  };
  const health = { targetGroup: 's0-targets', onUnhealthy: 'deregister' };
  const edit = { kind: 'policy', service: 's0', how: 'changed' } as const;
  const without = { service: 's0', region: 'ap-northeast-2', health };
  const region = { kind: 'region', region: 'ap-northeast-2' } as const;
  const outcome = await play(
    written({
      policy: { health, failover },
      minutes: 16,
      healSeconds: 900,
      home: 'eu-west-1',
      options: { servers: 2, standbyServers: 2 },
      faults: [
        {
          atSeconds: 240,
          what: { ...edit, text: JSON.stringify(without) },
          end: { afterSeconds: 60, what: { ...edit, text: JSON.stringify({ ...without, failover }) } },
        },
        {
          atSeconds: 302,
          what: { ...region, lost: true },
          end: { afterSeconds: 500, what: { ...region, lost: false } },
        },
      ],
    }),
    means,
  );
  expect(outcome.finding).toBeNull();
  expect(outcome.coverage.reasons.TRIP).toBeGreaterThan(0);
});
