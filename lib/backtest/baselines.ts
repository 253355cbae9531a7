/** The ways to scale that a policy is compared with. */
import { computeEngine } from './baselines/compute-engine.ts';
import { hist } from './baselines/hist.ts';
import { hpa } from './baselines/hpa.ts';
import { kpa } from './baselines/kpa.ts';
import { react } from './baselines/react.ts';
import { reg } from './baselines/reg.ts';
import { simple } from './baselines/simple.ts';
import { stepScaling } from './baselines/step.ts';
import { targetTrackingEc2, targetTrackingEcs, targetTrackingRequests } from './baselines/target-tracking.ts';
import type { Baseline } from './model.ts';

/** All baselines, in the order of a report. Each is a new, empty closure per run. */
export const BASELINES: readonly Baseline[] = [
  targetTrackingEc2,
  targetTrackingRequests,
  targetTrackingEcs,
  stepScaling,
  simple,
  hpa,
  computeEngine,
  kpa,
  react,
  reg,
  hist,
];
