import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'node/src/**/*.test.ts',
      'infra/**/*.test.ts',
      'test/{tidy,integration,chaos}/**/*.test.ts',
    ],
    testTimeout: 20_000,
    maxWorkers: 2,
  },
});
