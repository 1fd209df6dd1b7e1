import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { join } from 'node:path'
import { here, scratchCheckout } from './scratch-checkout.mjs'

const LEFT_OUT = `import { test } from '@jest/globals'
test('runs', () => {})
test.skip('hears a radio (it needs a radio)', () => {})
`
// Fails when another of its kind is at it: each holds the folder for a second.
const LAB = `import { test } from '@jest/globals'
import { mkdirSync, rmdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
test('has the machine to itself', async () => {
  mkdirSync('busy')
  await sleep(1000)
  rmdirSync('busy')
})
`

let checkout
beforeAll(async () => {
  const setup = join(here, 'test/setup')
  const common = { testEnvironment: 'node', transform: {} }
  const lab = { runner: join(setup, 'serial-runner.mjs'), testMatch: ['**/lab/*.test.mjs'] }
  const config = {
    maxWorkers: 2,
    reporters: [join(setup, 'left-out-reporter.mjs'), 'default'],
    projects: [
      { ...common, displayName: 'test', testMatch: ['**/unit/*.test.mjs'] },
      { ...common, displayName: 'lab', ...lab },
    ],
  }
  const files = {
    'jest.config.json': JSON.stringify(config),
    'package.json': JSON.stringify({ type: 'module' }),
    'unit/a.test.mjs': LEFT_OUT,
    'lab/a.test.mjs': LAB,
    'lab/b.test.mjs': LAB,
  }
  checkout = await scratchCheckout(files, { packages: true })
})
afterAll(() => checkout.remove())

function jest(ci, ...args) {
  const bin = join(here, 'node_modules/jest/bin/jest.js')
  const flags = ['--experimental-vm-modules', bin, '--config=jest.config.json']
  return checkout.run([...flags, ...args], { CI: ci })
}

test('labs run one after another, in one run with one summary', async () => {
  const { code, stderr } = await jest('', '--cacheDirectory=cache')
  expect(stderr).toMatch(/Tests: +1 skipped, 3 passed, 4 total/)
  expect(code).toBe(0)
})

test('what was left out is named before the summary', async () => {
  const { code, stderr } = await jest('', 'unit')
  expect(stderr).toMatch(
    /Left out on this machine:\n  - hears a radio \(it needs a radio\)\n[^]*Tests:/,
  )
  expect(code).toBe(0)
})

test('with CI=true a run that left anything out fails', async () => {
  const { code, stderr } = await jest('true', 'unit')
  expect(stderr).toContain('hears a radio')
  expect(code).toBe(1)
})
