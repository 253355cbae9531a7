import { expect, test } from 'vitest';
import { coverageText, violationText } from '../../lib/report/simulate.ts';

const plain = (_style: unknown, text: string): string => text;
const VIEW = {
  seed: 7,
  finding: { invariant: '5-rounds', service: 's0', atSeconds: 12.3, message: 'too early' },
  schedule: ['#3 at 10 s: deploy {}'],
  last: ['12.000 s decision {}'],
  of: 9,
  commit: 'abc (dirty)',
  replay: 'npm run -s simulate -- --seed 7 --minutes 60 --faults 3',
};

test('a violation says what, where, through which faults, after which events, and how to see it again', () => {
  expect(violationText(VIEW, plain)).toEqual([
    'violated 5-rounds by seed 7, commit abc (dirty)',
    '  12.3 s s0: too early',
    '  1 of 9 faults are needed:',
    '    #3 at 10 s: deploy {}',
    '  the last 1 events:',
    '    12.000 s decision {}',
    '  replay: npm run -s simulate -- --seed 7 --minutes 60 --faults 3',
    '',
  ]);
  expect(violationText({ ...VIEW, of: null, schedule: [], last: [] }, plain)[2]).toBe('  0 faults before it');
});

test('the table says of each code that came about under which faults it did, in columns that align', () => {
  const counts = { 'no fault': { STEADY: 13 }, deploy: { STEADY: 1, EJECT: 2 } };
  expect(coverageText(counts, ['STEADY', 'PANIC', 'EJECT'], plain)).toEqual([
    'STEADY',
    '  deploy     1',
    '  no fault  13',
    'EJECT',
    '  deploy     2',
  ]);
});
