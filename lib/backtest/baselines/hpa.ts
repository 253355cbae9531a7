/** The Horizontal Pod Autoscaler of Kubernetes, with an instance for a pod. */
import type { Baseline, Minute, Scaler, ScalerView, Settings } from '../model.ts';
import { change, currentMinute, EPSILON, roundUp, shown } from './reading.ts';

/** The flags' defaults (pkg/controller/podautoscaler/config/v1alpha1/defaults.go). */
const SYNC_SECONDS = 15;
const TOLERANCE = 0.1;
const STABILIZATION_SECONDS = 300;
/** scaleUpLimitFactor and scaleUpLimitMinimum (horizontal.go). */
const UP_FACTOR = 2;
const UP_MINIMUM = 4;

function isTolerated(ratio: number): boolean {
  return Math.abs(1 - ratio) <= TOLERANCE + EPSILON;
}

/** What the replica calculator proposes, of so many ready and so many unready pods. `current` stands where it is unsure. */
export function proposal(current: number, ready: number, unready: number, ratio: number): number {
  if (unready === 0 || ratio <= 1) return isTolerated(ratio) ? current : roundUp(ratio * ready);
  // Scaling out, an unready pod is taken to use nothing.
  const pods = ready + unready;
  const lower = (ratio * ready) / pods;
  if (isTolerated(lower) || lower < 1) return current;
  return roundUp(lower * pods);
}

/** An instance is ready when the datapoint covers it whole (groupPods: the metric's window lies after the last transition). */
function readyCount(view: ScalerView, newest: Minute): number {
  return view.inServiceFor((view.nowMs - newest.startMs) / 1000);
}

function horizontalPodAutoscaler(settings: Settings): Scaler {
  const bounded = { ...settings, min: Math.max(1, settings.min) };
  const recommendations: { readonly atMs: number; readonly replicas: number }[] = [];
  return {
    everySeconds: SYNC_SECONDS,
    step(view) {
      if (recommendations.length === 0) recommendations.push({ atMs: view.nowMs, replicas: view.desired });
      const newest = currentMinute(view, settings);
      if (newest === null) return null;
      const ready = Math.min(view.desired, readyCount(view, newest));
      // No metric of any pod: the ratio cannot be computed, and nothing is changed.
      if (ready === 0) return null;
      const ratio = newest.cpu / settings.targetPercent;
      const proposed = proposal(view.desired, ready, view.desired - ready, ratio);
      recommendations.push({ atMs: view.nowMs, replicas: proposed });
      while ((recommendations[0]?.atMs ?? view.nowMs) < view.nowMs - STABILIZATION_SECONDS * 1000) {
        recommendations.shift();
      }
      const stabilized = Math.max(...recommendations.map(({ replicas }) => replicas));
      const limited = Math.min(stabilized, Math.max(UP_FACTOR * view.desired, UP_MINIMUM));
      return change(view, bounded, limited, `CPU ${shown(newest.cpu)} %, ${shown(ratio)} of the target`);
    },
  };
}

/** The HPA on CPU utilisation, without a `behavior`: out at once, in to the highest recommendation of the last five minutes. */
export const hpa: Baseline = {
  name: 'hpa',
  title: 'Kubernetes HPA',
  source:
    'kubernetes/kubernetes, pkg/controller/podautoscaler/replica_calculator.go and horizontal.go (@00067268) and the defaults beside them: read at the source. That the limit of scaling out is the larger of twice the replicas and four is second-hand, from several copies of horizontal.go. Adapted: a pod is an instance, its request is the whole instance, and metrics come each minute instead of every 15 s or so; an instance that the newest datapoint does not cover whole is an unready pod, and no pod is without metrics.',
  create: horizontalPodAutoscaler,
};
