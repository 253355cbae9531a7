import { expect, it } from 'vitest';
import { type DoctorEntry, doctorLines, doctorSummary } from '../../lib/report/doctor.ts';

const bare = (_: string, text: string): string => text;
const entry = (services: readonly string[], severity: DoctorEntry['severity'] = 'error'): DoctorEntry => ({
  ...{ code: 'CHECK_DIFFERS', severity, services, file: 'policies/web.yml', line: 26, column: 18 },
  ...{ key: 'health.check.path', found: '/', expected: '/health', wayOut: 'set it' },
});

it('prints a finding as validate does a problem, and the way out below it', () => {
  expect(doctorLines([entry(['web'])], bare)).toEqual([
    'policies/web.yml:26:18 error CHECK_DIFFERS health.check.path: found /; expected /health',
    '  way out: set it',
  ]);
});

it('names three of many services, and counts the rest', () => {
  const [few] = doctorLines([entry(['web', 'api'])], bare);
  expect(few).toMatch(/ expected \/health \(also for api\)$/);
  const [many] = doctorLines([entry(['web', 'a', 'b', 'c', 'd', 'e'])], bare);
  expect(many).toMatch(/ \(also for a, b, c and 2 more\)$/);
});

it('counts by severity', () => {
  const entries = [entry(['web']), entry(['web'], 'warning'), entry(['web'], 'warning'), entry(['web'], 'info')];
  expect(doctorSummary(entries, 1, 'eu-west-1')).toBe(
    '1 service looked at, controller in eu-west-1: 1 error, 2 warnings, 1 note',
  );
  expect(doctorSummary([], 3, 'eu-west-1')).toBe(
    '3 services looked at, controller in eu-west-1: 0 errors, 0 warnings, 0 notes',
  );
});
