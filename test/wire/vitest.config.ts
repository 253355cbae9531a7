import { defineConfig } from 'vitest/config';

const FAULTS = ['test/wire/faults/*.wire.ts'];
const ALONE = ['test/wire/hundred.wire.ts'];
const patience = { testTimeout: 600_000, hookTimeout: 300_000 };

/** `npm run test:wire`: real protocols over the loopback, so real time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...patience,
          name: 'wire',
          include: ['test/wire/**/*.wire.ts'],
          exclude: [...FAULTS, ...ALONE],
          // The default leaves a core idle. Three on two cores were no faster.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      // They hold rounds against their 4 s, and wait most of the time: nobody else may want the processors meanwhile.
      {
        test: {
          ...patience,
          name: 'faults',
          include: FAULTS,
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      // A hundred services keep both cores busy.
      { test: { ...patience, name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
});
