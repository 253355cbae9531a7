/** Bugs in what is asked again right before a write, and in what is remembered of one: they show around crashes and pauses. */
import type { Mutant } from './mutant.ts';

export const GATE_MUTANTS: readonly Mutant[] = [
  {
    name: 'not-after-ignored',
    wrong: 'writes however long ago it decided to',
    file: 'lib/controller/act.ts',
    find: "clock.nowMs() > notAfterMs ? { why: 'LATE' } : null",
    replace: 'null',
  },
  {
    name: 'lost-race-acts',
    wrong: 'acts although it could not save what it is about to do',
    file: 'lib/controller/cycle.ts',
    find: 'return { ...conclude(round, concluded, state, []), problem };',
    replace: 'void problem;',
  },
];
