/** Bugs in the gate, the lease, the rounds, the state and the policies served. */
import type { Mutant } from './mutant.ts';

export const CONTROL_MUTANTS: readonly Mutant[] = [
  {
    name: 'freeze-not-read',
    wrong: 'writes although all writes are frozen',
    file: 'lib/controller/act.ts',
    find: "if (now.frozen) return { why: 'FROZEN' };",
    replace: '',
  },
  {
    name: 'observe-mode-leaks',
    wrong: 'changes services whose mode is observe',
    file: 'lib/controller/act.ts',
    find: "if (policy.mode === 'observe') return 'OBSERVE_MODE';",
    replace: '',
  },
  {
    name: 'hold-ignored',
    wrong: 'changes services that are held',
    file: 'lib/controller/act.ts',
    find: "return state.orders.hold === undefined ? null : 'HELD';",
    replace: 'return null;',
  },
  {
    name: 'replacement-not-charged',
    wrong: 'replaces instances without charging the budget of all services',
    file: 'lib/controller/act.ts',
    find: "granted = await ports.state.charge('replacements', entry, ACCOUNT_REPLACEMENTS, FIVE_MINUTES_MS);",
    replace: '',
  },
  {
    name: 'error-ends-the-cycle',
    wrong: 'breaks off its cycle over an error of AWS instead of taking the reading for missing',
    file: 'lib/controller/reading.ts',
    find: 'if (isPortError(error)) resolve(missing(error, atMs));',
    replace: 'if (isPortError(error)) reject(error);',
  },
  {
    name: 'one-after-the-other',
    wrong: 'lets services wait for each other within a round',
    file: 'lib/controller/cycle.ts',
    find: 'const cycled = await Promise.all(subjects.map((s) => guarded(round, s, cut)));',
    replace:
      'const cycled: (Cycled | Problem)[] = [];\n  for (const s of subjects) cycled.push(await guarded(round, s, cut));',
  },
  {
    name: 'lost-lease-not-noticed',
    wrong: 'runs a round more after another loop has taken the lease over',
    file: 'lib/controller/cycle.ts',
    find: 'if (fence !== null && fence.epoch !== epoch) return { services: [], problems: [], leaseLost: true };',
    replace: '',
  },
  {
    name: 'record-never-read-again',
    wrong: 'never renews what it reads once a minute',
    file: 'lib/controller/slow.ts',
    find: 'return reading?.known !== true || isStale(reading, nowMs);',
    replace: 'return reading?.known !== true;',
  },
  {
    name: 'action-ids-repeat',
    wrong: 'gives actions of different cycles the same id',
    file: 'lib/core/decide.ts',
    find: 'before.version + 1',
    replace: '0',
  },
  {
    name: 'last-good-policy-not-served',
    wrong: 'drops a service whose policy file is broken',
    file: 'handlers/served.ts',
    find: "if (stored === null) return none('not served');",
    replace: "if (stored !== null || stored === null) return none('not served');",
  },
  {
    name: 'good-policy-not-kept',
    wrong: 'does not write down good policies for the day on which their file breaks',
    file: 'handlers/served.ts',
    find: '!keepGood || (await keep(ports, loaded))',
    replace: 'true',
  },
  {
    name: 'alarm-counts-as-round',
    wrong: 'counts what an alarm shows between two rounds as a round',
    file: 'lib/core/targets.ts',
    find: "return passedMs < ROUND_SHARE * intervalMs ? 'again' : 'next';",
    replace: "return passedMs < 0 ? 'again' : 'next';",
  },
];
