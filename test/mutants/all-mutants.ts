/** Every planted bug. */
import type { Mutant } from './mutant.ts';
import { CONTROL_MUTANTS } from './mutants-control.ts';
import { FAILOVER_MUTANTS } from './mutants-failover.ts';
import { GATE_MUTANTS } from './mutants-gate.ts';
import { HEALTH_MUTANTS } from './mutants-health.ts';
import { SCALING_MUTANTS } from './mutants-scaling.ts';

export const MUTANTS: readonly Mutant[] = [
  ...CONTROL_MUTANTS,
  ...GATE_MUTANTS,
  ...HEALTH_MUTANTS,
  ...SCALING_MUTANTS,
  ...FAILOVER_MUTANTS,
];
