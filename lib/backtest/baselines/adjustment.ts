/** How AWS applies a percentage to a group. */

/**
 * The instances that `percent` of `capacity` are, with its sign. Rounded as as-scaling-simple-step.md says: toward zero,
 * but a change of less than one instance is one.
 */
export function percentOf(capacity: number, percent: number): number {
  const exact = (capacity * percent) / 100;
  if (exact === 0) return 0;
  // 100 × 29 % is 28.999999999999996.
  const whole = Math.floor(Math.abs(exact) + 1e-9);
  return Math.sign(exact) * Math.max(1, whole);
}
