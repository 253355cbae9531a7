import { defineConfig } from 'vitest/config';

/** `npm run test:wire`: real protocols over the loopback, so real time. */
export default defineConfig({
  test: {
    include: ['test/wire/**/*.wire.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: '100%',
  },
});
