import { defineConfig } from 'vitest/config';

const ALONE = ['test/wire/hundred.wire.ts', 'test/wire/faults/*.wire.ts'];
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
          exclude: ALONE,
          // The default leaves a core idle. Three on two cores were no faster.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      // They hold rounds against their 4 s: nobody else may want the processor meanwhile.
      { test: { ...patience, name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
