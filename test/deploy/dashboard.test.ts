import { describe, expect, it } from 'vitest';
import { dashboards } from '../../lib/deploy/dashboard.ts';
import { lab, policyOf } from './policies.ts';

const TOKYO = { name: 'evenkeel-prod', region: 'ap-northeast-1' };

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly query?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly annotations?: unknown;
  };
}

function bodies(made: ReturnType<typeof dashboards>): Widget[][] {
  return Object.values(made).map(({ Properties }) => JSON.parse(String(Properties.DashboardBody)).widgets);
}

/** Many services with everything in them. */
function many(count: number) {
  return Array.from({ length: count }, (_, i) => lab({ 'service: web': `service: web-${i}` }));
}

describe('the dashboard', () => {
  const [widgets = []] = bodies(dashboards([lab()], TOKYO));
  const titled = (title: string): Widget => widgets.find((w) => w.properties.title === title) as Widget;

  it("shows the controller's heart, its troubles, and how its functions do", () => {
    const names = (title: string) => titled(title).properties.metrics?.map(([, metric]) => metric);
    expect(names('Heartbeat: one a minute, or nothing is looked after')).toEqual(['Heartbeat']);
    expect(names('Trouble')).toEqual([
      'BrokenCycles',
      'BrokenPolicies',
      'RefusedEvents',
      'UnsentNotices',
      'ApproximateNumberOfMessagesVisible',
    ]);
    for (const title of ['Errors', 'Throttles']) {
      expect(titled(title).properties.metrics?.map(([, , , name]) => name)).toEqual([
        'evenkeel-prod-onTick',
        'evenkeel-prod-onAlarm',
        'evenkeel-prod-operate',
        'evenkeel-prod-drill',
      ]);
    }
    expect(titled('Last changes').properties.query).toContain("SOURCE '/aws/lambda/evenkeel-prod-onTick' | ");
  });

  it('has a row for each service: targets and changes, signals with their bounds, capacity of both sites where it is', () => {
    expect(titled('web: healthy targets, changes made').properties).toMatchObject({
      metrics: [
        ['Evenkeel', 'HealthyTargets', 'policy', 'web', 'service', 'evenkeel-prod', { stat: 'Minimum' }],
        ['Evenkeel', 'Actions', 'policy', 'web', 'service', 'evenkeel-prod', { stat: 'Sum', yAxis: 'right' }],
      ],
      annotations: { horizontal: [{ label: 'least', value: 1 }] },
    });
    expect(titled('web: signals').properties).toMatchObject({
      region: 'ap-northeast-2',
      metrics: [
        ['AWS/EC2', 'CPUUtilization', 'AutoScalingGroupName', 'exercise-group', { stat: 'Average', period: 60 }],
      ],
      annotations: {
        horizontal: [
          { label: 'cpu high', value: 88 },
          { label: 'cpu low', value: 72 },
        ],
      },
    });
    const capacity = titled('web: capacity (with group metrics on)').properties.metrics;
    expect(capacity?.map(([, , , group, drawn]) => [group, drawn])).toMatchObject([
      ['exercise-group', { region: 'ap-northeast-2', label: 'primary desired' }],
      ['exercise-group', { region: 'ap-northeast-2', label: 'primary in service' }],
      ['exercise-standby-group', { region: 'ap-northeast-1', label: 'secondary desired' }],
      ['exercise-standby-group', { region: 'ap-northeast-1', label: 'secondary in service' }],
    ]);
  });

  it('has no graph for what a service has not', () => {
    const api = policyOf('{ service: api, region: ap-northeast-2, health: { targetGroup: api } }');
    const jobs = policyOf(
      '{ service: jobs, region: ap-northeast-2, fleet: { autoScalingGroup: jobs, capacity: { min: 1, max: 2 } }, scaling: { signals: [{ name: cpu, target: 50 }] } }',
    );
    const titles = bodies(dashboards([api, jobs], TOKYO))[0]?.map((w) => w.properties.title ?? '');
    expect(titles?.filter((title) => /^(api|jobs):/.test(title))).toEqual([
      'api: healthy targets, changes made',
      'jobs: healthy targets, changes made',
      'jobs: signals',
      'jobs: capacity (with group metrics on)',
    ]);
    const [drawn = []] = bodies(dashboards([jobs], TOKYO));
    expect(drawn.find((w) => w.properties.title?.startsWith('jobs: healthy'))?.properties.metrics).toHaveLength(1);
  });

  it('lays no widget over another, and none outside of the grid', () => {
    const taken = new Set<string>();
    for (const { x, y, width, height } of widgets) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column += 1) {
        for (let row = y; row < y + height; row += 1) {
          expect(taken.has(`${column} ${row}`)).toBe(false);
          taken.add(`${column} ${row}`);
        }
      }
    }
  });

  it('is another one for each region, for dashboards are global: a controller can move while the old one stands', () => {
    const nameIn = (region: string) => dashboards([lab()], { ...TOKYO, region }).Dashboard?.Properties.DashboardName;
    expect(nameIn('ap-northeast-1')).toBe('evenkeel-prod-ap-northeast-1');
    expect(nameIn('ap-northeast-3')).toBe('evenkeel-prod-ap-northeast-3');
  });

  it('goes on in further ones for many services, each within what CloudWatch takes, and leaves no service out', () => {
    const made = dashboards(many(500), TOKYO);
    expect(Object.values(made).map(({ Properties }) => Properties.DashboardName)).toEqual([
      'evenkeel-prod-ap-northeast-1',
      'evenkeel-prod-ap-northeast-1-2',
      'evenkeel-prod-ap-northeast-1-3',
      'evenkeel-prod-ap-northeast-1-4',
    ]);
    for (const page of bodies(made)) {
      expect(page.length).toBeLessThanOrEqual(500);
      expect(page.flatMap((w) => w.properties.metrics ?? []).length).toBeLessThanOrEqual(2500);
    }
    const rows = bodies(made)
      .flat()
      .filter((w) => w.properties.title?.endsWith(': signals'));
    expect(new Set(rows.map((w) => w.properties.title)).size).toBe(500);
  });
});
