import { describe, expect, it } from 'vitest';
import { drillMeasures, drillTable, timelineLine } from '../../lib/report/drill.ts';
import type { Paint } from '../../lib/report/paint.ts';

/** Shows where colours would be. */
const marked: Paint = (style, text) => `<${style}>${text}</${style}>`;
const plain: Paint = (_style, text) => text;

const PASSED = {
  scenario: 'server-stops',
  verdict: 'pass' as const,
  measures: {
    detectSeconds: 7.9,
    decideSeconds: 15.9,
    actSeconds: 16,
    recoverSeconds: 108.5,
    requests: 50_400,
    failedRequests: 394,
  },
  violations: [],
};
const FAILED = {
  scenario: 'metrics-dark',
  verdict: 'fail' as const,
  measures: {
    detectSeconds: null,
    decideSeconds: null,
    actSeconds: null,
    recoverSeconds: null,
    requests: 42_000,
    failedRequests: 0,
  },
  violations: [{ invariant: '12', atSeconds: 61.2, message: 'missing alone scaled in' }],
};

describe('a line of the timeline', () => {
  it.each([
    ['fault', 'server', '<red>fault     </red>  server            '],
    ['traffic', 'failing', '<yellow>traffic   </yellow>  failing           '],
    ['health', 'EJECT', '<cyan>health    </cyan>  <bold>EJECT             </bold>'],
    ['verdict', 'holds', '<cyan>verdict   </cyan>  <green>holds             </green>'],
    ['verdict', 'fails', '<cyan>verdict   </cyan>  <red>fails             </red>'],
  ])('shows a %s %s at a glance', (area, event, middle) => {
    const line = timelineLine({ atSeconds: 16, area, event, message: 'what happened' }, marked);
    expect(line).toBe(`<dim>   16.0 s</dim>  ${middle}  what happened`);
  });
});

describe('what a drill measured', () => {
  it('is said with its meaning', () => {
    expect(drillMeasures(PASSED, plain)).toEqual([
      'Seconds from the fault',
      '  detect   7.9 s    AWS first shows it',
      '  decide   15.9 s   the decision that answers it is saved',
      '  act      16.0 s   the change that it asks for is accepted',
      '  recover  108.5 s  the later of the last failed request and full capacity',
      '  394 of 50400 requests failed',
    ]);
  });

  it('is a dash where it never happened, and names each broken invariant', () => {
    const lines = drillMeasures(FAILED, plain);
    expect(lines[1]).toBe('  detect   -  AWS first shows it');
    expect(lines.at(-1)).toBe('  invariant 12 broken at 61.2 s: missing alone scaled in');
  });
});

describe('several drills', () => {
  it('stand in a table, verdict first', () => {
    expect(drillTable([PASSED, FAILED], plain)).toEqual([
      '        drill         detect  decide  act     recover  failed requests',
      '  pass  server-stops  7.9 s   15.9 s  16.0 s  108.5 s  394 of 50400',
      '  fail  metrics-dark  -       -       -       -        0 of 42000',
    ]);
  });

  it('show at a glance which failed', () => {
    const [, pass, fail] = drillTable([PASSED, FAILED], marked);
    expect(pass).toMatch(/^ {2}<green>pass<\/green> /);
    expect(fail).toMatch(/^ {2}<red>fail<\/red> /);
  });
});
