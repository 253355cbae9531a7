import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Served, serving } from '../../handlers/served.ts';
import { PortError, type Ports } from '../../lib/ports.ts';
import { type Rehearsed, rehearse } from './runtime.ts';

const WEB = readFileSync(new URL('../../policies/web.yml', import.meta.url), 'utf8');
const API = readFileSync(new URL('../../policies/api.yml', import.meta.url), 'utf8');
const BROKEN = 'service: [';

type Files = Readonly<Record<string, string>>;

function folderOf(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** What a new process serves of these files. */
const serve = (ports: Ports, files: Files, keepGood = true): Promise<Served> =>
  serving(ports, folderOf(files))(keepGood);

/** Lets virtual time pass until the work is done. */
async function running<T>({ world }: Rehearsed, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await new Promise((settled) => setTimeout(settled, 1));
    await world.run(world.clock.nowMs() + 100);
  }
  return done;
}

const toldOf = ({ world }: Rehearsed) => world.history.events.filter((e) => e.kind === 'notification');
const namesOf = ({ policies }: Served): string[] => policies.map((p) => p.service);

describe('the policies that are served', () => {
  test('one bad policy beside a good one: the good one is served, the bad one is told', async () => {
    const { runtime, counts, entries } = rehearse();
    const served = await serve(runtime.ports, { 'api.yml': API, 'web.yml': WEB.replace('max: 2', 'max: 0') });
    expect(namesOf(served)).toEqual(['api']);
    expect(served.problems).toHaveLength(1);
    expect(served.problems[0]?.message).toMatch(/web\.yml:\d+:\d+ .*\(not served\)$/);
    expect(counts).toContainEqual(['BrokenPolicies', 1, undefined]);
    expect(entries.some((e) => e.level === 'error')).toBe(true);
  });

  test('a policy that breaks goes on as it last was, and the people on call hear of it once: from the tick', async () => {
    const rehearsed = rehearse();
    const { ports } = rehearsed.runtime;
    const good = await serve(ports, { 'web.yml': WEB });
    expect(good.problems).toEqual([]);
    const broken = folderOf({ 'web.yml': BROKEN });
    for (const keepGood of [false, true, false]) {
      const served = await running(rehearsed, serving(ports, broken)(keepGood));
      expect(served.policies).toEqual(good.policies);
      expect(served.problems[0]?.message).toMatch(/the last good policy of web goes on/);
    }
    expect(toldOf(rehearsed)).toMatchObject([{ subject: 'evenkeel: a policy file cannot be read' }]);
  });
});

test('a topic that takes no notice keeps no service from being served, and is counted', async () => {
  const refuse = () => Promise.reject(new PortError('Denied', 'the key of the topic is disabled'));
  const rehearsed = rehearse(undefined, {}, (real) => ({ ...real, notify: { publish: refuse } }));
  const { ports } = rehearsed.runtime;
  await serve(ports, { 'web.yml': WEB });
  const served = await running(rehearsed, serve(ports, { 'api.yml': API, 'web.yml': BROKEN }));
  expect(namesOf(served)).toEqual(['api', 'web']);
  expect(toldOf(rehearsed)).toEqual([]);
  expect(rehearsed.counts).toContainEqual(['UnsentNotices', 1, undefined]);
});

test('a notice that did not go out is sent with the next tick, and no more after that', async () => {
  let left = 1;
  const rehearsed = rehearse(undefined, {}, (real) => ({
    ...real,
    notify: {
      publish: (...args) =>
        left-- > 0 ? Promise.reject(new PortError('Throttled', 'too fast')) : real.notify.publish(...args),
    },
  }));
  const { ports } = rehearsed.runtime;
  await serve(ports, { 'web.yml': WEB });
  const policies = serving(ports, folderOf({ 'web.yml': BROKEN }));
  for (let n = 0; n < 3; n += 1) await running(rehearsed, policies(true));
  expect(toldOf(rehearsed)).toHaveLength(1);
  expect(await policies(true)).toBe(await policies(true));
});

test('a good policy that could not be written down is with the next tick; who was told is not told again', async () => {
  let left = 2;
  const rehearsed = rehearse(undefined, {}, (real) => ({
    ...real,
    state: {
      ...real.state,
      savePolicy: (file, policy) =>
        file === 'api.yml' && left-- > 0
          ? Promise.reject(new PortError('Throttled', 'too fast'))
          : real.state.savePolicy(file, policy),
    },
  }));
  const { ports } = rehearsed.runtime;
  await serve(ports, { 'web.yml': WEB });
  const policies = serving(ports, folderOf({ 'web.yml': BROKEN, 'api.yml': API }));
  for (let n = 0; n < 2; n += 1) await running(rehearsed, policies(true));
  expect(await ports.state.loadPolicy('api.yml')).toBeNull();
  await running(rehearsed, policies(true));
  expect(await ports.state.loadPolicy('api.yml')).toMatchObject({ service: 'api' });
  expect(toldOf(rehearsed)).toHaveLength(1);
});

describe('a stand-in', () => {
  /** What is served of these files after web.yml was good once. */
  async function afterWeb(files: Files): Promise<Served> {
    const rehearsed = rehearse();
    await serve(rehearsed.runtime.ports, { 'web.yml': WEB });
    return running(rehearsed, serve(rehearsed.runtime.ports, { ...files, 'web.yml': BROKEN }));
  }
  const other = WEB.replace('service: web', 'service: other')
    .replace('exercise-group', 'other-group')
    .replaceAll('exercise-target-group', 'other-targets')
    .replace('exercise-standby-group', 'other-standby-group')
    .replace(/targetGroup: exercise-standby\b/, 'targetGroup: other-standby')
    .replace('name: www.example.com', 'name: other.example.com');

  test('stands beside policies that have nothing of it', async () => {
    expect(namesOf(await afterWeb({ 'other.yml': other }))).toEqual(['other', 'web']);
  });

  test.each([
    ['service web', other.replace('service: other', 'service: web')],
    ['group exercise-group in ap-northeast-2', other.replace('other-group', 'exercise-group')],
    ['target group exercise-target-group in', other.replaceAll('other-targets', 'exercise-target-group')],
    ['record www.example.com in zone', other.replace('name: other.example.com', 'name: www.example.com')],
  ])('never takes what a good policy has now: %s', async (what, text) => {
    const served = await afterWeb({ 'other.yml': text });
    expect(served.policies).toHaveLength(1);
    expect(served.problems.map((p) => p.message).join()).toContain(`(not served: another policy now has ${what}`);
  });

  test('never takes what another stand-in has', async () => {
    const { ports } = rehearse().runtime;
    const [web] = (await serve(ports, { 'web.yml': WEB })).policies;
    if (web === undefined) throw new Error('web is good');
    await ports.state.savePolicy('copy.yml', web);
    const served = await serve(ports, { 'web.yml': BROKEN, 'copy.yml': BROKEN }, false);
    expect(namesOf(served)).toEqual(['web']);
    expect(served.problems.map((p) => p.message).join()).toContain('(not served: another policy now has service web');
  });

  test('that there never was is not asked for again', async () => {
    const { ports } = rehearse().runtime;
    const policies = serving(ports, folderOf({ 'web.yml': BROKEN }));
    expect(await policies(true)).toBe(await policies(true));
  });

  test('is not served when it breaks the rules of today', async () => {
    const { ports } = rehearse().runtime;
    const [web] = (await serve(ports, { 'web.yml': WEB })).policies;
    if (web?.fleet === undefined) throw new Error('web has a fleet');
    const capacity = { min: 3, max: 2 };
    await ports.state.savePolicy('web.yml', { ...web, fleet: { ...web.fleet, capacity } });
    const served = await serve(ports, { 'web.yml': BROKEN });
    expect(served.policies).toEqual([]);
    expect(served.problems[0]?.message).toContain('(not served: its last good policy is not valid any more)');
  });
});

describe('what was read', () => {
  test('is kept: a second event reads nothing again', async () => {
    const { ports } = rehearse().runtime;
    const folder = folderOf({ 'web.yml': WEB });
    const policies = serving(ports, folder);
    const first = await policies(true);
    writeFileSync(join(folder, 'web.yml'), BROKEN);
    expect(await policies(true)).toBe(first);
  });

  test('is not kept when reading failed: the next event tries again', async () => {
    let left = 1;
    const { ports } = rehearse(undefined, {}, (real) => ({
      ...real,
      state: {
        ...real.state,
        savePolicy: (...args) => (left-- > 0 ? Promise.reject(new TypeError('a bug')) : real.state.savePolicy(...args)),
      },
    })).runtime;
    const policies = serving(ports, folderOf({ 'web.yml': WEB }));
    await expect(policies(true)).rejects.toThrow('a bug');
    expect(namesOf(await policies(true))).toEqual(['web']);
  });

  test('is not kept when a stand-in could not be asked for; it is told once, when it goes on', async () => {
    let left = 2;
    const rehearsed = rehearse(undefined, {}, (real) => ({
      ...real,
      state: {
        ...real.state,
        loadPolicy: (file) =>
          left-- > 0 ? Promise.reject(new PortError('Throttled', 'too fast')) : real.state.loadPolicy(file),
      },
    }));
    const { ports } = rehearsed.runtime;
    await serve(ports, { 'web.yml': WEB });
    const policies = serving(ports, folderOf({ 'web.yml': BROKEN }));
    const without = await policies(true);
    expect(without.policies).toEqual([]);
    expect(without.problems[0]?.message).toContain('(not served: its last good policy cannot be read)');
    await policies(true);
    const stoodIn = await running(rehearsed, policies(true));
    expect(namesOf(stoodIn)).toEqual(['web']);
    expect(await policies(true)).toBe(stoodIn);
    expect(toldOf(rehearsed)).toHaveLength(1);
  });
});
