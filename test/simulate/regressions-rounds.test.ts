/** What simulations have found about when a service had its rounds, each as the least script that led to it. See regressions.test.ts. */
import { expect, test } from 'vitest';
import { play } from '../../lib/simulate/play.ts';
import { means, written } from './scripts.ts';

test('seed 120: a slow service was taken to have had a round after an outage, because a fast one had', async () => {
  const server = { kind: 'server', service: 's0', site: 'primary', which: 'all' } as const;
  const region = { kind: 'region', region: 'ap-northeast-1' } as const;
  const site = { setIdentifier: 'here', region: 'ap-northeast-2', targetGroup: 's0-targets' };
  const trips: number[] = [];
  const onLine = (text: string): void => {
    if (text.includes('"reason":"TRIP"')) trips.push(Number.parseFloat(text));
  };
  const outcome = await play(
    written({
      policy: {
        health: { targetGroup: 's0-targets', check: { intervalSeconds: 26 } },
        failover: {
          hostedZoneId: 'Z0',
          record: { name: 's0.example.com' },
          primary: site,
          secondary: { ...site, setIdentifier: 'there', region: 'ap-northeast-1', targetGroup: 's0-standby' },
          trip: { rounds: 2 },
        },
      },
      others: [{ health: { targetGroup: 's1-targets' } }],
      options: { standbyServers: 2 },
      minutes: 16,
      healSeconds: 900,
      home: 'ap-northeast-1',
      faults: [
        {
          atSeconds: 180,
          what: { ...server, condition: 'refuses' },
          end: { afterSeconds: 450, what: { ...server, condition: 'ok' } },
        },
        {
          atSeconds: 240,
          what: { ...region, lost: true },
          end: { afterSeconds: 178, what: { ...region, lost: false } },
        },
      ],
    }),
    { ...means, onLine },
  );
  expect(outcome.finding).toBeNull();
  // The first round after the outage is at 466 s: both sites have to be seen in another one before anything moves.
  expect(trips[0]).toBeGreaterThan(490);
});
