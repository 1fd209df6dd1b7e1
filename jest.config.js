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

// What measures, or fills the machine with namespaces, and so must have it to itself.
const ALONE = ['/test/lab/.*\\.test\\.ts$', '-netns\\.test\\.ts$']

/** @type {import('jest').Config} */
export default {
  testTimeout: 900_000,
  maxWorkers: 2,
  reporters: ['<rootDir>/test/setup/left-out-reporter.mjs', 'default'],
  projects: [
    {
      ...common,
      displayName: 'test',
      testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/test/tooling/*.test.mjs'],
      testPathIgnorePatterns: ['/node_modules/', ...ALONE],
    },
    {
      ...common,
      displayName: 'lab',
      testRegex: ALONE,
      runner: '<rootDir>/test/setup/serial-runner.mjs',
    },
  ],
}
