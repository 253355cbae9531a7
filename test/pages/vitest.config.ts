import { defineConfig } from 'vitest/config';

/** `npm run test:pages`: the pages of `--html` in a real browser. */
export default defineConfig({
  test: { include: ['test/pages/**/*.page.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
});
