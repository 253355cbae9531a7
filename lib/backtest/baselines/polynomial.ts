/** Least squares with polynomials that are orthogonal on the points themselves: well-conditioned without a matrix. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

const DEGREE = 2;

/**
 * The value at `at` of the parabola that fits the points best. Two points give their line and one its own value, for no
 * parabola is best there. `points` must not be empty.
 */
export function fittedParabola(points: readonly Point[], at: number): number {
  const weights = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0);
  const xs = points.map(({ x }) => x);
  let [previous, current] = [xs.map(() => 0), xs.map(() => 1)];
  let [previousAt, currentAt] = [0, 1];
  let previousNorm = 1;
  let fitted = 0;
  for (let degree = 0; degree <= Math.min(DEGREE, points.length - 1); degree += 1) {
    const norm = weights(current);
    const share = points.reduce((sum, { y }, index) => sum + y * (current[index] as number), 0) / norm;
    fitted += share * currentAt;
    // Three-term recurrence: the next is (x - a) times this one less b times the one before.
    const a = xs.reduce((sum, x, index) => sum + x * (current[index] as number) ** 2, 0) / norm;
    const b = degree === 0 ? 0 : norm / previousNorm;
    const next = current.map((value, index) => ((xs[index] as number) - a) * value - b * (previous[index] as number));
    const nextAt = (at - a) * currentAt - b * previousAt;
    [previous, current] = [current, next];
    [previousAt, currentAt] = [currentAt, nextAt];
    previousNorm = norm;
  }
  return fitted;
}
