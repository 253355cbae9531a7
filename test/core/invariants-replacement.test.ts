import { expect, it } from 'vitest';
import { acts, atRest, broken, deregister, MINUTE, replace, SECOND, T0, target } from './invariants-stream.ts';

const FAIL = T0 + MINUTE;
const EJECT = FAIL + 12 * SECOND;

it('catches a replacement that the group cannot bring to an end, if that could be known', () => {
  const ejected = [target(FAIL, 'i-a:80', 'unhealthy', 'Target.Timeout'), ...acts(EJECT, deregister('i-a'))];
  const writes = acts(EJECT + SECOND, replace('i-a'));
  const suspended = (atMs: number, active: boolean) => ({ atMs, kind: 'suspended', service: 'web', active }) as const;
  const since = suspended(EJECT - 5 * SECOND, true);
  expect(broken([...atRest(), since, ...ejected, ...writes])).toEqual(['9-replacement']);
  expect(broken([...atRest(), ...ejected, suspended(EJECT + 500, true), ...writes])).toEqual([]);
  expect(broken([...atRest(), since, ...ejected, suspended(EJECT + 500, false), ...writes])).toEqual([]);
});
