/** How a verdict says it: each time from the fault that it answers, and numbers as one says them. */
import { describe, expect, it } from 'vitest';
import { movedWords, within } from '../../lib/drill/judging.ts';
import { returned } from '../../lib/drill/outage.ts';
import type { DrillDecision, DrillResult } from '../../lib/drill/result.ts';
import type { Facts } from '../../lib/drill/scenario.ts';
import { drill, policyOf, web } from './rehearse.ts';

const sentences = ({ timeline }: DrillResult): string[] =>
  timeline.filter(({ area }) => area === 'verdict').map(({ message }) => message);

const FAULT_MS = 1_000_000;
type Move = Facts['moves'][number];
const move = (to: Move['to'], seconds: number, insyncMs: number | null = 1): Move => ({
  ...{ to, insyncMs },
  atMs: FAULT_MS + seconds * 1000,
});
/** What came of a drill on web.yml, as far as these sentences look at it. */
const facts = (moves: readonly Move[], policy = web(), decisions: readonly Partial<DrillDecision>[] = []): Facts =>
  ({ scene: { faultMs: FAULT_MS, policy }, moves, decisions }) as Facts;

describe('a time', () => {
  it('is told from what began later, and held against the bound from there', () => {
    const atMs = FAULT_MS + 322_400;
    expect(within(facts([]), 'it was answered', atMs, 330)).toEqual({
      holds: true,
      text: 'it was answered after 322.4 s',
    });
    expect(within(facts([]), 'it was answered', atMs, 24, 310)).toEqual({
      holds: true,
      text: 'it was answered after 12.4 s',
    });
    expect(within(facts([]), 'it was answered', atMs, 12, 310)).toEqual({
      holds: false,
      text: 'it was answered after 12.4 s, later than the 12 s that the numbers promise',
    });
  });

  it.each(['foreign-dns', 'relapse'])('of %s is that of the second outage', async (name) => {
    const said = sentences(await drill(name, web()));
    const answered = said.find((words) => /^the (next outage|relapse) was answered/.test(words)) ?? '';
    const seconds = Number(/after ([0-9.]+) s$/.exec(answered)?.[1]);
    expect(seconds).toBeGreaterThan(5);
    expect(seconds).toBeLessThanOrEqual(24);
  });

  it('of denied-midway is that since it was allowed again', async () => {
    const said = sentences(await drill('denied-midway', web())).join('\n');
    expect(said).toMatch(/the replacement, allowed again, came about after \d(\.\d)? s$/m);
  });
});

describe('what the record did', () => {
  it('is told by the second of the drill, as in the timeline', () => {
    expect(movedWords(facts([]))).toBe('the record never moved');
    expect(movedWords(facts([move('secondary', 16.2), move('primary', 1400), move(null, 1500)]))).toBe(
      'the record moved to the secondary at 16.2 s, to the primary at 1400 s, to both sites at 1500 s',
    );
  });

  const manual = web({ 'mode: automatic': 'mode: manual' });
  const out = move('secondary', 16);
  const back = move('primary', 1400);
  const waits: Partial<DrillDecision> = { reason: 'FAILBACK_MANUAL' };
  it.each([
    [[], web(), [], false, 'the record never moved'],
    [[out, back], web(), [], true, 'to the primary at 1400 s and stayed there'],
    [[out, move('primary', 1400, null)], web(), [], false, 'to the primary at 1400 s, which was never INSYNC'],
    [[out, back, out], web(), [], false, 'to the secondary at 16 s; there and back once is right'],
    [[out], manual, [waits], true, 'failback is manual and waits for a person'],
    [[out], manual, [], false, 'failback is manual and nothing said that it waits for a person'],
    [[out, back], manual, [waits], false, 'failback is manual, and no person had asked for it'],
  ] as const)('says what happened, not what should have: %#', (moves, policy, decisions, holds, words) => {
    const judged = returned(facts(moves, policy, decisions));
    expect(judged.holds).toBe(holds);
    expect(judged.text.endsWith(words), judged.text).toBe(true);
  });
});

it('has one of a thing in the singular', { timeout: 120_000 }, async () => {
  const results = [
    ...(await Promise.all(['flapping-target', 'small-standby', 'server-stops'].map((name) => drill(name, web())))),
    await drill('flapping-target', policyOf('api.yml')),
  ];
  const said = results.flatMap(sentences);
  expect(said).toContain('the flapping server was ejected once and replaced once; once each is right');
  expect(said).toContain('at the end the desired capacity of the standby was 1; as before: 1');
  expect(said.filter((words) => /(?<![\d.])1 (?!s\b)[a-z]+s\b/.test(words))).toEqual([]);
});
