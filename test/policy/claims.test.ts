import { describe, expect, test } from 'vitest';
import { loadPolicies } from '../../lib/policy/load.ts';
import { edited, policyText } from './base.ts';

const WEB = policyText('web.yml');
const ARN = 'arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup';

/** Another service that shares nothing with web.yml. */
const OTHER = WEB.replace('service: web', 'service: shop')
  .replaceAll('exercise', 'shop')
  .replace('www.example.com, type', 'shop.example.com, type');

function load(...texts: string[]) {
  const { policies, problems } = loadPolicies(texts.map((text, index) => ({ file: `${index + 1}.yml`, text })));
  return {
    served: policies.map(({ file }) => file),
    errors: problems
      .filter(({ severity }) => severity === 'error')
      .map(({ file, line, column, code, message }) => `${file}:${line}:${column} ${code} ${message}`),
  };
}

describe('no two policies steer the same thing', () => {
  test('policies that share nothing are all served', () => {
    expect(load(WEB, OTHER)).toEqual({ served: ['1.yml', '2.yml'], errors: [] });
  });

  const way = 'expected one policy for it: change one of the two';
  test.each([
    [
      'a service',
      [['service: shop', 'service: web']],
      `2.yml:8:10 DUPLICATE_SERVICE service web is already named at 1.yml:8; ${way}`,
    ],
    [
      'a group',
      [['Group: shop-group', 'Group: exercise-group']],
      `2.yml:13:21 DUPLICATE_GROUP group exercise-group in ap-northeast-2 is already named at 1.yml:13; ${way}`,
    ],
    [
      'a target group',
      [
        ['Group: shop-target-group', 'Group: exercise-target-group'],
        ['Group: shop-target-group', 'Group: exercise-target-group'],
      ],
      `2.yml:27:16 DUPLICATE_TARGET_GROUP target group exercise-target-group in ap-northeast-2 is already named at 1.yml:27; ${way}`,
    ],
    [
      'a target group, once by ARN',
      [
        ['Group: shop-target-group', `Group: ${ARN}/exercise-target-group/0123456789abcdef`],
        ['Group: shop-target-group', `Group: ${ARN}/exercise-target-group/0123456789abcdef`],
      ],
      `2.yml:27:16 DUPLICATE_TARGET_GROUP target group exercise-target-group in ap-northeast-2 is already named at 1.yml:27; ${way}`,
    ],
    [
      "a standby's target group",
      [['shop-standby,', 'exercise-standby,']],
      `2.yml:40:66 DUPLICATE_TARGET_GROUP target group exercise-standby in ap-northeast-1 is already named at 1.yml:40; ${way}`,
    ],
    [
      "a standby's group",
      [['Group: shop-standby-group', 'Group: exercise-standby-group']],
      `2.yml:40:98 DUPLICATE_GROUP group exercise-standby-group in ap-northeast-1 is already named at 1.yml:40; ${way}`,
    ],
    [
      'a record, however it is spelled',
      [['shop.example.com,', 'WWW.Example.com.,']],
      `2.yml:36:19 DUPLICATE_RECORD record WWW.Example.com. in zone Z0123456789ABCDEFGHIJ is already named at 1.yml:36; ${way}`,
    ],
  ] as const)('%s named twice: the later file is refused where it says so', (_, changes, error) => {
    expect(load(WEB, edited(OTHER, ...changes))).toEqual({ served: ['1.yml'], errors: [error] });
  });

  test('the same names in another region or zone are other things', () => {
    const elsewhere = edited(OTHER.replaceAll('ap-northeast-2', 'eu-west-1').replaceAll('shop-', 'exercise-'), [
      'ap-northeast-1, target',
      'eu-north-1, target',
    ]);
    expect(load(WEB, elsewhere).errors).toEqual([]);
    expect(load(WEB, edited(OTHER, ['shop.example', 'www.example'], ['Z0123456789ABCDEFGHIJ', 'Z9']))).toEqual({
      served: ['1.yml', '2.yml'],
      errors: [],
    });
  });

  test('service web with signal a-b and service web-a with signal b would share an alarm', () => {
    const first = edited(WEB, ['name: cpu', 'name: a-b']);
    const second = edited(OTHER, ['service: shop', 'service: web-a'], ['name: cpu', 'name: b']);
    expect(load(first, second)).toEqual({
      served: ['1.yml'],
      errors: [`2.yml:18:13 DUPLICATE_ALARM alarm evenkeel-<stage>-web-a-b-high is already named at 1.yml:18; ${way}`],
    });
  });

  test('a policy that is refused takes nothing from the ones after it', () => {
    expect(load(WEB, edited(OTHER, ['service: shop', 'service: web']), OTHER).served).toEqual(['1.yml', '3.yml']);
    expect(load(edited(WEB, ['service: web', 'service: Web']), WEB).served).toEqual(['2.yml']);
  });

  test('a failover alone claims its own target group', () => {
    const alone = (text: string, service: string) =>
      `${text.slice(0, text.indexOf('\nfleet:')).replace(/service: .*/, `service: ${service}`)}\n${text.slice(text.indexOf('failover:'))}`;
    const second = edited(
      alone(WEB, 'b'),
      ['www.example.com,', 'b.example.com,'],
      ['exercise-standby,', 'b,'],
      ['exercise-standby-group', 'b'],
    );
    expect(load(alone(WEB, 'a'), second).errors).toEqual([
      expect.stringContaining('2.yml:16:66 DUPLICATE_TARGET_GROUP'),
    ]);
  });
});
