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
