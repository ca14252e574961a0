/** Shared by every layer; bin/test.js picks the folders and prints per layer what ran. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts?(x)'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  // As in the bundles: from its sources.
  moduleNameMapper: { '^@paidonce/client$': '<rootDir>/client/src/index.ts' },
  maxWorkers: 2,
  testTimeout: 240_000,
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic', importSource: 'preact' } },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
