import { defineConfig } from 'vitest/config';

/** Tests that start server processes. */
const PROCESS_TESTS = [
  'infra/local/cluster.test.ts',
  'infra/engine/launch.test.ts',
  'infra/kit/command.test.ts',
  'test/{integration,chaos}/**/*.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 20_000,
    reporters: ['default', './test/tidy/skipped-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{node/src,images,infra,test}/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...PROCESS_TESTS],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // After the unit tests and one file at a time: each starts members that want the processors for themselves.
        extends: true,
        test: {
          name: 'integration',
          include: PROCESS_TESTS,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
