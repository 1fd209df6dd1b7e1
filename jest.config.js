/** @type {import('jest').Config} */
const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic', importSource: 'preact' } },
          target: 'es2022',
        },
        module: { type: 'es6' },
      },
    ],
  },
  globalSetup: '<rootDir>/test/setup/global-setup.mjs',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.porchlight-build/'],
}

/** @type {import('jest').Config} */
export default {
  testTimeout: 60_000,
  maxWorkers: 2,
  reporters: ['<rootDir>/test/setup/left-out-reporter.mjs', 'default'],
  projects: [
    {
      ...common,
      displayName: 'test',
      testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/test/tooling/*.test.mjs'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/lab/'],
    },
    {
      ...common,
      displayName: 'lab',
      testMatch: ['<rootDir>/test/lab/**/*.test.ts'],
      runner: '<rootDir>/test/setup/serial-runner.mjs',
    },
  ],
}
