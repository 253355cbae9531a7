import { expect, it } from 'vitest';
import { placesIn } from '../../lib/policy/place.ts';

const TEXT = 'service: web\nregion: eu-west-1\nhealth:\n  targetGroup: web\n  check: { path: / }\n';

it('finds a key, and the nearest part of the file for one that has its default', () => {
  const place = placesIn(TEXT);
  expect(place(['health', 'targetGroup'])).toEqual({ line: 4, column: 16 });
  expect(place(['health', 'check', 'path'])).toEqual({ line: 5, column: 18 });
  expect(place(['health', 'check', 'matcher'])).toEqual({ line: 5, column: 3 });
  expect(place([])).toEqual({ line: 1, column: 1 });
});

it('points at the beginning of what is no YAML', () => {
  expect(placesIn('a: [')(['health'])).toEqual({ line: 1, column: 1 });
});
