import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadServed } from '../../handlers/served.ts';
import { rehearse } from './runtime.ts';

const WEB = readFileSync(new URL('../../policies/web.yml', import.meta.url), 'utf8');
const API = readFileSync(new URL('../../policies/api.yml', import.meta.url), 'utf8');

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('the policies that are served', () => {
  test('one bad policy beside a good one: the good one is served, the bad one is told', async () => {
    const { runtime, counts, entries } = rehearse();
    const { ports } = runtime;
    const served = await loadServed(
      ports,
      folderOf({ 'api.yml': API, 'web.yml': WEB.replace('max: 2', 'max: 0') }),
      true,
    );
    expect(served.policies.map((p) => p.service)).toEqual(['api']);
    expect(served.problems).toHaveLength(1);
    expect(served.problems[0]?.message).toMatch(/web\.yml:\d+:\d+ .*\(not served\)$/);
    expect(counts).toContainEqual(['BrokenPolicies', 1, undefined]);
    expect(entries.some((e) => e.level === 'error')).toBe(true);
  });

  test('a policy that breaks goes on as it last was, and the people on call hear of it once', async () => {
    const { runtime, world } = rehearse();
    const { ports } = runtime;
    const running = async <T>(work: Promise<T>): Promise<T> => {
      const done = work.finally(() => undefined);
      await world.run(world.clock.nowMs() + 5000);
      return done;
    };
    const good = await running(loadServed(ports, folderOf({ 'web.yml': WEB }), true));
    expect(good.problems).toEqual([]);
    const loading = loadServed(ports, folderOf({ 'web.yml': 'service: [' }), true);
    await new Promise((done) => setTimeout(done, 50));
    const broken = await running(loading);
    expect(broken.policies).toEqual(good.policies);
    expect(broken.problems[0]?.message).toMatch(/the last good policy of web goes on/);
    const told = world.history.events.filter((e) => e.kind === 'notification');
    expect(told).toMatchObject([{ subject: 'evenkeel: a policy file cannot be read' }]);
  });

  test('a stand-in never takes the place of a service that another file serves now', async () => {
    const { runtime } = rehearse();
    const { ports } = runtime;
    await loadServed(ports, folderOf({ 'old.yml': API }), true);
    const served = await loadServed(ports, folderOf({ 'new.yml': API, 'old.yml': 'service: [' }), true);
    expect(served.policies.map((p) => p.service)).toEqual(['api']);
    expect(served.problems.every((p) => p.message.includes('not served'))).toBe(true);
  });
});
