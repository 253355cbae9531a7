import { describe, expect, it } from 'vitest';
import { type Hindrances, isHindered, noteHindrance } from '../../lib/drill/hindrances.ts';
import type { Fault } from '../../lib/sim/faults.ts';

/** Whether web in ap-northeast-2 is hindered after these faults. */
function hinderedBy(...faults: Fault[]): boolean {
  const hindrances: Hindrances = new Map();
  for (const fault of faults) noteHindrance(hindrances, fault);
  return isHindered(hindrances, ['web', 'ap-northeast-2']);
}

const place = { service: 'web', site: 'primary' } as const;
const shift = { kind: 'zonal-shift', region: 'ap-northeast-2', zone: 'ap-northeast-2a' } as const;

describe('what hinders the controller and shows in no event', () => {
  it.each<[string, Fault, Fault]>([
    [
      'a suspended process',
      { kind: 'suspend', ...place, processes: ['Launch'] },
      { kind: 'suspend', ...place, processes: [] },
    ],
    ['a lifecycle hook', { kind: 'launch-hook', ...place, seconds: 60 }, { kind: 'launch-hook', ...place, seconds: 0 }],
    ['a zonal shift', { ...shift, active: true }, { ...shift, active: false }],
    [
      'dark metrics',
      { kind: 'metrics', service: 'web', signal: 'cpu', how: 'dark' },
      { kind: 'metrics', service: 'web', how: 'normal' },
    ],
    [
      'an operator',
      { kind: 'person', edit: 'operator', ...place, on: true },
      { kind: 'person', edit: 'operator', ...place, on: false },
    ],
    [
      'protection',
      { kind: 'protection', ...place, which: 'all', on: true },
      { kind: 'protection', ...place, which: 'all', on: false },
    ],
  ])('is %s, from its beginning to its end', (_, begin, end) => {
    expect(hinderedBy(begin)).toBe(true);
    expect(hinderedBy(begin, end)).toBe(false);
    expect(hinderedBy(begin, end, begin)).toBe(true);
  });

  it('is protection until all of it has ended: the n-th oldest server is another by then', () => {
    const first = { kind: 'protection', ...place, which: 0 } as const;
    expect(hinderedBy({ ...first, on: true }, { ...first, on: false })).toBe(true);
    expect(hinderedBy({ ...first, on: true }, { ...first, which: 'all', on: false })).toBe(false);
  });

  it('is nothing at another service, and nothing that shows by itself', () => {
    expect(hinderedBy({ kind: 'suspend', service: 'shop', site: 'primary', processes: ['Launch'] })).toBe(false);
    expect(hinderedBy({ kind: 'server', ...place, which: 'all', condition: 'hangs' })).toBe(false);
    expect(hinderedBy({ kind: 'person', edit: 'capacity', ...place, desired: 3 })).toBe(false);
  });
});
