import { describe, expect, it } from 'vitest';
import { groupOf, instance, known, missing, target } from '../core/builders.ts';
import { findsEach } from './finds-each.ts';
import { alias, found, group, healthy, healthyStandby, plain, withSets, withStandby } from './scene.ts';

describe('failover', () => {
  findsEach([
    [
      'tells a zone that is not there',
      healthy({ record: missing('not-found') }),
      'error ZONE_MISSING failover.hostedZoneId',
      ['list-hosted-zones'],
    ],
    [
      'tells a record that is not there',
      withSets(),
      'error RECORD_MISSING failover.record.name',
      ['seoul with all the weight', 'tokyo with 0'],
    ],
    [
      'refuses records that are not weighted',
      withSets({ ...plain('seoul', 1), routing: 'simple', weight: undefined, setIdentifier: undefined }),
      'error RECORD_REFUSED failover.record.name',
      ['A (simple)', 'not weighted'],
    ],
    [
      'refuses identifiers that the policy does not name',
      withSets(alias('seoul', 100), alias('osaka', 0)),
      'error RECORD_REFUSED failover.record.name',
      ['A osaka (weight 0)', 'osaka is not named by the policy', 'weighted sets seoul and tokyo'],
    ],
    [
      'tells two weights of zero',
      withSets(alias('seoul', 0), alias('tokyo', 0)),
      'error WEIGHTS_ZERO failover.record.name',
      ['for nobody has a weight', 'FOREIGN_DNS'],
    ],
    [
      'tells weights on both',
      withSets(alias('seoul', 50), alias('tokyo', 50)),
      'error WEIGHTS_SPLIT failover.record.name',
      ['seoul 50, tokyo 50', 'seoul to 100 and of tokyo to 0'],
    ],
    [
      'tells a weight on the secondary',
      withSets(alias('seoul', 0), alias('tokyo', 100)),
      'warning WEIGHT_ON_SECONDARY failover.record.name',
      ['left to a person', 'failback'],
    ],
    [
      'tells an alias that does not look at its target',
      withSets(alias('seoul', 100, false), alias('tokyo', 0)),
      'warning ALIAS_BLIND failover.record.name',
      ['(A seoul)', 'EvaluateTargetHealth: true'],
    ],
    [
      'recommends aliases',
      withSets(plain('seoul', 100), plain('tokyo', 0, 60)),
      'info NO_ALIAS failover.record.name',
      ['A seoul, A tokyo'],
    ],
    [
      'tells a standby without a healthy target, which its group could boot',
      withStandby({ targets: known(groupOf([target('i-1', 'unhealthy')])) }),
      'warning STANDBY_EMPTY failover.secondary.targetGroup',
      ['before its group has booted', 'set-desired-capacity'],
    ],
    [
      'tells one that nobody can raise',
      withStandby({ targets: known(groupOf([])), group: undefined }),
      'error STANDBY_EMPTY failover.secondary.targetGroup',
      ['start servers there'],
      { failover: { secondary: { autoScalingGroup: undefined } } },
    ],
    [
      'tells a standby whose group ends below what would be ready now',
      withStandby({ group: known(group({ ...healthyStandby(), maxSize: 1, desired: 1 })) }),
      'error STANDBY_SMALL failover.secondary.minReadyPercent',
      ['ends at 1', '--max-size 2'],
      { failover: { secondary: { minReadyPercent: 100 } } },
    ],
    [
      'tells a standby without a group that is too small',
      withStandby({ group: undefined }),
      'warning STANDBY_SMALL failover.secondary.minReadyPercent',
      ['1 healthy targets', 'no group to raise'],
      { failover: { secondary: { minReadyPercent: 100, autoScalingGroup: undefined } } },
    ],
  ]);

  it('tells a TTL above a minute', () => {
    const codes = found(withSets(plain('seoul', 100, 300), plain('tokyo', 0))).map((f) => `${f.code} ${f.found}`);
    expect(codes[0]).toBe('TTL_LONG a TTL of 300 s on A seoul: clients may follow a move that much later');
    expect(codes).toHaveLength(2);
  });

  it('tells a controller that would be lost with the primary', () => {
    const [finding, ...more] = found(healthy(), {}, 'ap-northeast-2');
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ code: 'CONTROLLER_IN_PRIMARY', severity: 'error' });
    expect(finding?.wayOut).toContain('serverless deploy --region ap-northeast-1');
    // Two controllers, each with a table of its own, would both act.
    expect(finding?.wayOut).toContain(
      'one that is deployed in ap-northeast-2 already is frozen first ({"order": "freeze"})',
    );
    expect(finding?.wayOut).toContain('README, Moving to another region');
    expect(found(healthy(), { failover: undefined }, 'ap-northeast-2')).toEqual([]);
  });

  it('only warns of a standby that would be too small for the largest primary', () => {
    const small = withStandby({ group: known(group({ ...healthyStandby(), maxSize: 1, desired: 1 })) });
    const policy = { fleet: { capacity: { max: 2 } }, failover: { secondary: { minReadyPercent: 51 } } };
    const one = {
      ...small,
      primary: {
        ...small.primary,
        group: known(group({ desired: 1, instances: [instance('i-1')] })),
        targets: known(groupOf([target('i-1')])),
      },
    };
    expect(found(one, policy).map((f) => `${f.severity} ${f.code}`)).toEqual(['warning STANDBY_SMALL']);
  });
});
