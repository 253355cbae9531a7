/** Statistics over datapoints. */

import { serviceError } from './operations.ts';
import type { SeriesPoint } from './series.ts';

/** What a statistic says of these points: CloudWatch knows of each only how many samples it sums up, and how far they lie apart. */
export function statistic(stat: string, points: readonly SeriesPoint[]): number {
  const samples = points.reduce((sum, point) => sum + point.samples, 0);
  const total = points.reduce((sum, point) => sum + point.average * point.samples, 0);
  switch (stat) {
    case 'Average':
      return total / samples;
    case 'Sum':
      return total;
    case 'SampleCount':
      return samples;
    case 'Minimum':
      return Math.min(...points.map((point) => point.minimum));
    case 'Maximum':
      return Math.max(...points.map((point) => point.maximum));
    default: {
      const percent = Number(/^p(\d{1,3}(?:\.\d+)?)$/.exec(stat)?.[1]);
      if (Number.isNaN(percent)) {
        throw serviceError('cloudwatch', 'ValidationError', `The value ${stat} for parameter Stat is not supported.`);
      }
      // The samples themselves are not kept: they count as spread evenly.
      const low = Math.min(...points.map((point) => point.minimum));
      const high = Math.max(...points.map((point) => point.maximum));
      return low + ((high - low) * percent) / 100;
    }
  }
}
