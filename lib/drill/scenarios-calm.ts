/** Scenarios in which the right answer is to do nothing. */
import type { Signal } from '../core/model.ts';
import { count } from '../policy/count.ts';
import { fleetOf, scalingOf } from './bounds.ts';
import { nothingChanged } from './judging.ts';
import type { Facts, Judgement, Plan, Scenario } from './scenario.ts';
import { staleAlarms } from './stale-alarms.ts';

const CALM: Pick<Plan, 'response' | 'shown'> = { response: null, shown: null };

/** What `onMissing: scaleOut` asks for is one step out, once; everything else asks for nothing. */
function judgeDark(facts: Facts): Judgement {
  const { policy, before } = facts.scene;
  const steps = scalingOf(policy).signals.some((signal) => signal.onMissing === 'scaleOut');
  if (!steps) return nothingChanged(facts);
  const out = facts.applied.filter(({ action }) => action.reason === 'SIGNAL_MISSING_OUT');
  const room = before.primary.targets.healthy < fleetOf(policy).capacity.max;
  const expected = room && policy.mode === 'enforce' ? 1 : 0;
  const holds = out.length === expected && facts.writes === expected;
  return {
    holds,
    text: `onMissing: scaleOut took ${count(out.length, 'step')} and ${count(facts.writes, 'change')}; ${expected} was right`,
  };
}

const metricsDark: Scenario = {
  name: 'metrics-dark',
  summary:
    'No datapoint comes for a quarter of an hour: nothing is changed, and nothing is scaled in on the strength of it.',
  needs: ['fleet', 'scaling'],
  options: () => ({}),
  plan({ policy, before }) {
    const { service } = policy;
    const darkSeconds = Math.max(900, scalingOf(policy).scaleIn.stabilizationSeconds + 600);
    return {
      ...CALM,
      faults: [
        { afterSeconds: 0, fault: { kind: 'metrics', service, how: 'dark' } },
        { afterSeconds: darkSeconds, fault: { kind: 'metrics', service, how: 'normal' } },
      ],
      alarms: [],
      runSeconds: darkSeconds + 240,
      fullAt: () => before.primary.targets.healthy,
      judge: (facts) => [judgeDark(facts)],
    };
  },
};

const duplicateAlarms: Scenario = {
  name: 'duplicate-alarms',
  summary: 'Alarm events of long ago come twice, late and out of order while all is well: nothing is changed.',
  needs: ['fleet', 'scaling'],
  options: () => ({}),
  plan({ policy, before, faultMs }) {
    const alarms = staleAlarms(policy, scalingOf(policy).signals[0] as Signal, faultMs);
    return {
      ...CALM,
      faults: [],
      alarms,
      runSeconds: 420,
      fullAt: () => before.primary.targets.healthy,
      judge: (facts) => [
        nothingChanged(facts),
        {
          holds: facts.alarmsHeard === alarms.length,
          text: `${facts.alarmsHeard} of ${alarms.length} alarm events were heard, each answered by a look at the service`,
        },
      ],
    };
  },
};

export const CALM_SCENARIOS: readonly Scenario[] = [metricsDark, duplicateAlarms];
