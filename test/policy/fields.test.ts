import { describe, expect, test } from 'vitest';
import { BLOCKED_PORTS } from '../../lib/policy/fields.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import { edited, policyText, shown } from './base.ts';

describe('what the fields refuse', () => {
  const metricOf = (metric: string) =>
    edited(policyText('web.yml'), ['target: 80 ', `metric: ${metric}\n      target: 80 `]);

  test.each([
    [
      '{ namespace: S, name: Q, dimensions: { "": x } }',
      '19:54 error BAD_KEY scaling.signals[0].metric.dimensions: found the key ""; expected 1 to 255 characters, no blank first or last',
    ],
    [
      '{ namespace: S, name: Q, dimensions: { A: 5 } }',
      '19:57 error WRONG_TYPE scaling.signals[0].metric.dimensions.A: found 5; expected text',
    ],
    [
      '{ namespace: S, name: Q }',
      '19:7 error MISSING_KEY scaling.signals[0].metric.dimensions: missing; expected a map from dimension name to value; {} for a metric without dimensions',
    ],
    [
      '{ namespace: S, name: Q, dimensions: [] }',
      '19:52 error WRONG_TYPE scaling.signals[0].metric.dimensions: found an empty list; expected a map from dimension name to value; {} for a metric without dimensions',
    ],
    [
      '{ namespace: S, name: Q, dimensions: {}, statistic: mean }',
      '19:67 error BAD_FORMAT scaling.signals[0].metric.statistic: found "mean"; expected Average, Sum, Minimum, Maximum, SampleCount or a percentile like p99',
    ],
  ])('metric: %s', (metric, expected) => {
    expect(loadPolicy('a.yml', metricOf(metric)).problems.map(shown)).toEqual([expected]);
  });

  test('a band with the right keys and a wrong value is told about the value', () => {
    const text = edited(policyText('web.yml'), [
      'target: 80 ',
      'steps: [{ above: 80, add: two }, { below: -.inf, remove: 1 }] ',
    ]);
    expect(loadPolicy('a.yml', text).problems.map(shown)).toEqual([
      '19:33 error WRONG_TYPE scaling.signals[0].steps[0].add: found "two"; expected a whole number from 1 to 1000 (instances)',
      '19:49 error WRONG_TYPE scaling.signals[0].steps[1].below: found -.inf; expected a number',
    ]);
  });

  test('a band with a key too many is told about the key', () => {
    const text = edited(policyText('web.yml'), ['target: 80 ', 'steps: [{ above: 80, add: 2, remove: 1 }] ']);
    expect(loadPolicy('a.yml', text).problems.map(shown)).toEqual([
      '19:36 error UNKNOWN_KEY scaling.signals[0].steps[0].remove: unknown key; expected one of above, add',
    ]);
  });

  test('a misspelled key is told the nearest of several near ones', () => {
    const text = edited(
      policyText('web.yml'),
      ['healthyThreshold: 2, ', ''],
      ['unhealthyThreshold', 'nhealthyThreshold'],
    );
    expect(loadPolicy('a.yml', text).problems.map(shown)).toEqual([
      expect.stringMatching(
        /^28:66 error UNKNOWN_KEY health\.check\.nhealthyThreshold: unknown key; did you mean healthyThreshold\?/,
      ),
    ]);
  });

  test('long values are cut in messages', () => {
    const { problems } = loadPolicy('a.yml', `service: a\nregion: ${'x'.repeat(500)}\nhealth: { targetGroup: a }\n`);
    expect(problems.map(({ message }) => message)).toEqual([
      `region: found "${'x'.repeat(60)}…"; expected the code of an AWS region, like ap-northeast-2`,
    ]);
  });

  test.each(['us-east-1', 'us-gov-west-1', 'eusc-de-east-1', 'cn-north-1', 'us-iso-east-1', 'ap-southeast-7'])(
    '%s is a region',
    (region) => {
      expect(loadPolicy('a.yml', `service: a\nregion: ${region}\nhealth: { targetGroup: a }\n`).policy?.region).toBe(
        region,
      );
    },
  );
});

describe('a probe that fetch would refuse always', () => {
  const probing = (probe: string) => edited(policyText('web.yml'), ['https://seoul.example.com/health', probe]);

  test.each([
    [
      'https://user:pw@seoul.example.com/health',
      'found a URL with a user or password; expected one without: probe a path',
    ],
    ['https://user@seoul.example.com/health', 'found a URL with a user or password'],
    [
      'http://seoul.example.com:10080/health',
      'found port 10080, which fetch never asks; expected another, like 443 or',
    ],
    ['http://seoul.example.com:0/health', 'found port 0, which fetch never asks'],
  ])('is told: %s', (probe, expected) => {
    const problems = loadPolicy('a.yml', probing(probe)).problems.map(shown);
    expect(problems).toEqual([expect.stringContaining(`BAD_FORMAT failover.primary.probe: ${expected}`)]);
    expect(problems.join()).not.toContain('pw');
  });

  test.each(['https://seoul.example.com:8080/health', '"https://[2001:db8::1]/health"'])('is not %s', (probe) => {
    expect(loadPolicy('a.yml', probing(probe)).problems).toEqual([]);
  });

  test('the ports are those that this runtime refuses, and 0', async () => {
    const letThrough = new Error('let through');
    const dispatcher = {
      dispatch: () => {
        throw letThrough;
      },
    };
    const refused = [0];
    for (let port = 1; port <= 11_000; port += 1) {
      const init = { dispatcher } as unknown as RequestInit;
      const error = await fetch(`http://127.0.0.1:${port}/`, init).catch((thrown: Error) => thrown.cause);
      if (error !== letThrough) refused.push(port);
    }
    expect(refused).toEqual([...BLOCKED_PORTS]);
  });
});
