import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { backtestHtml } from '../../lib/report/backtest-html.ts';
import { periodsOf } from '../../lib/report/backtest-periods.ts';
import { drillHtml, type Rehearsal } from '../../lib/report/drill-html.ts';
import { type Assets, readAssets } from '../../lib/report/html-page.ts';
import { madeBacktest } from '../pages/backtests.ts';

let assets: Assets;
beforeAll(async () => {
  assets = await readAssets();
});

const MEASURES = {
  ...{ detectSeconds: 7.9, decideSeconds: 15.9, actSeconds: 16.2, recoverSeconds: null },
  ...{ requests: 1000, failedRequests: 25 },
};
type Result = Rehearsal['drills'][number]['result'];

function drilled(text: string, more: Partial<Result> = {}): Result {
  return {
    ...{ scenario: text, seed: 1, verdict: 'fail', measures: MEASURES, violations: [] },
    timeline: [
      { atSeconds: 0, area: 'fault', event: 'server', message: text },
      { atSeconds: 0, area: 'traffic', event: 'failing', message: text },
      { atSeconds: 16, area: 'health', event: 'EJECT', message: text },
      { atSeconds: 20, area: 'health', event: 'HEALTHY', message: text },
      { atSeconds: 21, area: 'scaling', event: 'ready', message: text },
      { atSeconds: 90, area: 'verdict', event: 'fails', message: text },
    ],
    decisions: [
      {
        ...{ atSeconds: 16, area: 'health', reason: 'EJECT', message: text, applied: false, notApplied: text },
        action: { kind: 'deregister' },
      },
      { atSeconds: 20, area: 'health', reason: 'HEALTHY', message: text, action: null, applied: false },
    ],
    ...more,
  };
}

function rehearsal(text: string, more: Partial<Result> = {}): Rehearsal {
  return { policy: text, drills: [{ summary: text, result: drilled(text, more) }], reachable: [text], leftOut: [text] };
}

const dataOf = (page: string): { drills: object[] } =>
  JSON.parse(/<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page)?.[1] ?? '');
const tagsOf = (page: string): readonly string[] => page.match(/<[a-z!/][^\s>]*/gi) ?? [];

describe('a page', () => {
  it('lets only its own scripts and styles run, by their hashes, and fetches nothing', () => {
    const page = backtestHtml(madeBacktest({ buckets: 10 }), assets);
    const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(page.replaceAll('&#39;', "'")) ?? [];
    const hash = (text = ''): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const scripts = [...page.matchAll(/<script(?: type="module")?>([\s\S]*?)<\/script>/g)].map(([, text]) =>
      hash(text),
    );
    const styles = [...page.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, text]) => hash(text));
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${scripts.join(' ')}`,
      `style-src ${styles.join(' ')}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect([scripts.length, styles.length]).toEqual([2, 1]);
    expect(page).not.toMatch(/^(import|export) /m);
    expect(page).not.toMatch(/ (src|style|on\w+)=/);
  });

  it('is the same for the same result', () => {
    const result = madeBacktest({ buckets: 10 });
    expect(backtestHtml(result, assets)).toBe(backtestHtml(result, assets));
  });

  it('never has a tag more, whatever a service, a policy or a reason is called', () => {
    const tame = tagsOf(drillHtml(rehearsal('tame'), assets));
    const tameBacktest = tagsOf(backtestHtml(madeBacktest({ buckets: 30, reason: 'tame', service: 'tame' }), assets));
    const hostile = fc.oneof(
      fc.constantFrom('</script><script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '<!--', ']]>', "'--!>"),
      fc.string({ unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        expect(tagsOf(drillHtml(rehearsal(text), assets))).toEqual(tame);
        const result = madeBacktest({ buckets: 30, reason: text, service: text });
        expect(tagsOf(backtestHtml(result, assets))).toEqual(tameBacktest);
      }),
      { numRuns: 40 },
    );
  });
});

describe('what a drill is drawn from', () => {
  it('tells faults, actions, decisions and the world apart, and leaves the verdict to the text', () => {
    const [first] = dataOf(drillHtml(rehearsal('x'), assets).toString()).drills;
    expect(first).toMatchObject({
      endSeconds: 90,
      entries: [
        { lane: 0, kind: 'fault' },
        { lane: 1, kind: 'traffic' },
        { lane: 2, kind: 'action' },
        { lane: 2, kind: 'decision' },
        { lane: 3, kind: 'world' },
      ],
      milestones: [{ word: 'detect' }, { word: 'decide' }, { word: 'act' }],
      failing: [{ fromSeconds: 0, toSeconds: 90 }],
    });
  });

  it('ends a failing span where requests are served again', () => {
    const timeline = [
      { atSeconds: 1, area: 'traffic', event: 'failing', message: '' },
      { atSeconds: 5, area: 'traffic', event: 'served', message: '' },
      { atSeconds: 7, area: 'traffic', event: 'failing', message: '' },
      { atSeconds: 9, area: 'verdict', event: 'fail', message: '' },
    ];
    const [first] = dataOf(drillHtml(rehearsal('x', { timeline }), assets)).drills;
    expect(first).toMatchObject({
      failing: [
        { fromSeconds: 1, toSeconds: 5 },
        { fromSeconds: 7, toSeconds: 9 },
      ],
    });
  });
});

describe('the page of a drill', () => {
  it('does not take unknown for zero', () => {
    const measures = { ...MEASURES, requests: null, failedRequests: null };
    const page = drillHtml(rehearsal('x', { measures, decisions: [] }), assets);
    expect(page).toContain('how many requests failed is not known');
    expect(page).toContain('<span class="absent">never</span>');
    expect(page).toContain('No decision asked for an action.');
  });

  it('shows the verdict, what failed and why an action was not accepted', () => {
    const page = drillHtml(rehearsal('OBSERVE_MODE'), assets);
    expect(page).toContain('<span class="verdict fail">✗ fail</span>');
    expect(page).toContain('<span class="quiet">fails: </span>OBSERVE_MODE');
    expect(page).toContain('<td>OBSERVE_MODE</td></tr>');
    expect(page).toContain('requests failed, 2.5 %');
  });

  it('begins with a table when there are several, and names what was left out', () => {
    const drills = ['one', 'two'].map((name) => ({ summary: name, result: drilled(name) }));
    const page = drillHtml({ policy: 'web.yml', drills, reachable: [], leftOut: ['three needs "fleet"'] }, assets);
    expect(page).toContain('<h1>Drills on web.yml: 0 of 2 passed</h1>');
    expect(page).toMatch(/<a href="#drill-2">two<\/a><\/th><td><span class="verdict fail">/);
    expect(page).toContain('<li>three needs &quot;fleet&quot;</li>');
  });

  it('shows the invariants that were broken', () => {
    const violations = [{ invariant: '12', atSeconds: 61.2, message: 'missing alone scaled in' }];
    expect(drillHtml(rehearsal('x', { violations }), assets)).toContain('missing alone scaled in');
  });
});

describe('the page of a backtest', () => {
  it("says when the policy's lead is not how long an instance boots", () => {
    const page = (leadSeconds: number | null): string =>
      backtestHtml({ ...madeBacktest({ buckets: 10 }), leadSeconds }, assets);
    expect(page(900)).toContain('<dt>Lead</dt><dd>the policy&#39;s forecast looks 900 s ahead');
    expect(page(null)).not.toContain('<dt>Lead</dt>');
  });

  it('begins with what evenkeel came to, unless it was not among the runs', () => {
    const page = (runs: readonly string[]): string => backtestHtml(madeBacktest({ buckets: 10, runs }), assets);
    expect(page(['none', 'evenkeel'])).toContain('What evenkeel came to');
    expect(page(['none'])).not.toContain('What evenkeel came to');
  });

  it('says how many actions are drawn when not all were kept', () => {
    const page = (furtherChanges: number): string =>
      backtestHtml(madeBacktest({ buckets: 50, furtherChanges }), assets);
    expect(page(9)).toMatch(/\d+ actions, of which the first \d+ are drawn\./);
    expect(page(9)).toContain('9 more are not listed.');
    expect(page(0)).not.toContain('are drawn.');
  });
});

describe('a chart in numbers', () => {
  it('holds the extremes of periods that people count in, and says where nothing is known', () => {
    const day = { startMs: 0, bucketSeconds: 300, values: Array.from({ length: 288 }, (_, i) => (i < 12 ? null : i)) };
    const periods = periodsOf(
      day,
      day.values.map((_, i) => 1000 - i),
    );
    expect(periods.length).toBe(24);
    expect(periods[0]).toEqual({ startMs: 0, highestDemand: null, leastCapacity: 989, mostCapacity: 1000 });
    expect(periods[1]).toEqual({ startMs: 3_600_000, highestDemand: 23, leastCapacity: 977, mostCapacity: 988 });
  });

  it('never has more than 48 rows, and never loses the highest demand', () => {
    const values = fc.array(fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })), { minLength: 1, maxLength: 3000 });
    fc.assert(
      fc.property(values, fc.integer({ min: 60, max: 1_000_000 }), (demand, bucketSeconds) => {
        const periods = periodsOf(
          { startMs: 0, bucketSeconds, values: demand },
          demand.map(() => 1),
        );
        expect(periods.length).toBeLessThanOrEqual(48);
        const highest = (all: readonly (number | null)[]): number => Math.max(-1, ...all.map((one) => one ?? -1));
        expect(highest(periods.map(({ highestDemand }) => highestDemand))).toBe(highest(demand));
      }),
    );
  });
});
