import { afterEach, expect, test } from '@jest/globals'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { missingEntries } from '../../node-app/setup/complete-lock.mjs'
import { explainNpm, packagesCurrent } from '../../node-app/setup/packages.mjs'
import { tooOld } from '../../node-app/setup/ready.mjs'
import { here, scratchCheckout } from './scratch-checkout.mjs'

const OTHER_OS = process.platform === 'darwin' ? 'linux' : 'darwin'
const WANTED = {
  '': { name: 'scratch' },
  'node_modules/run': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/tool': { version: '2.0.0', integrity: 'sha512-b', dev: true },
  'node_modules/elsewhere': { version: '3.0.0', optional: true, os: [OTHER_OS] },
}

let checkout
afterEach(() => checkout?.remove())

async function withPackages(installed, wanted = WANTED) {
  checkout = await scratchCheckout({
    'package-lock.json': JSON.stringify({ packages: wanted }),
    ...(installed && {
      'node_modules/.package-lock.json': JSON.stringify({ packages: installed }),
    }),
  })
  return checkout.root
}

test('nothing installed is not current', async () => {
  expect(packagesCurrent(await withPackages(null), { dev: true })).toBe(false)
})

test('what the lock names is current, without what is for other platforms', async () => {
  const { 'node_modules/elsewhere': _, ...installed } = WANTED
  expect(packagesCurrent(await withPackages(installed), { dev: true })).toBe(true)
})

test('an optional package for this platform that is missing is fetched once more', async () => {
  const native = { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] }
  const root = await withPackages(WANTED, { ...WANTED, 'node_modules/native': native })
  expect(packagesCurrent(root, { dev: true })).toBe(false)
})

test('another version or another content is not current', async () => {
  const other = (change) => ({
    ...WANTED,
    'node_modules/run': { ...WANTED['node_modules/run'], ...change },
  })
  const version = await withPackages(other({ version: '1.0.1' }))
  expect(packagesCurrent(version, { dev: true })).toBe(false)
  await checkout.remove()
  const content = await withPackages(other({ integrity: 'sha512-c' }))
  expect(packagesCurrent(content, { dev: true })).toBe(false)
})

test('running needs no development packages; developing does', async () => {
  const root = await withPackages({ 'node_modules/run': WANTED['node_modules/run'] })
  expect(packagesCurrent(root, { dev: false })).toBe(true)
  expect(packagesCurrent(root, { dev: true })).toBe(false)
})

test('without a registry it says so, and leaves node_modules as it was', async () => {
  const name = 'porchlight-scratch-package'
  const manifest = { name: 'scratch', version: '1.0.0', dependencies: { [name]: '1.0.0' } }
  const integrity = `sha512-${Buffer.alloc(64).toString('base64')}`
  checkout = await scratchCheckout({
    'package.json': JSON.stringify(manifest),
    'package-lock.json': JSON.stringify({
      name: 'scratch',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': manifest, [`node_modules/${name}`]: { version: '1.0.0', integrity } },
    }),
    'node_modules/kept/index.js': 'kept',
    '.porchlight-build/install-interrupted/package.json': '{}',
  })
  // Port 9 discards; nothing listens there on the loopback.
  const nowhere = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_proxy: '' }
  const { code, stdout, stderr } = await checkout.run(['setup.mjs', 'packages'], nowhere)
  expect(stderr).toContain("the registry can't be reached; nothing was changed")
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(await readFile(join(checkout.root, 'node_modules/kept/index.js'), 'utf8')).toBe('kept')
  expect(await readdir(join(checkout.root, '.porchlight-build'))).toEqual([])
})

test("npm's failures become sentences that say what to do", () => {
  expect(explainNpm('npm error code ENOTFOUND')).toMatch(/Connect once/)
  expect(explainNpm('npm error code ENOSPC')).toMatch(/disk is full/)
  expect(explainNpm('npm error code EINTEGRITY\n')).toMatch(/npm said:\nnpm error code EINTEGRITY$/)
})

test('a Node that is too old is told from one that will do', () => {
  expect(['18.20.0', '20.18.3'].map(tooOld)).toEqual([true, true])
  expect(['20.19.0', '21.0.0', '24.1.0'].map(tooOld)).toEqual([false, false, false])
})

test('the lock file is whole: pinned, for all platforms, for Node 20, and free of addresses', async () => {
  const read = async (file) => JSON.parse(await readFile(join(here, file), 'utf8'))
  const [manifest, lock] = [await read('package.json'), await read('package-lock.json')]
  const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies })
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  expect(Object.keys(missingEntries(lock))).toEqual([])
  const packages = Object.entries(lock.packages)
  expect(packages.filter(([, entry]) => entry.resolved)).toEqual([])
  const refusing = packages.filter(
    ([, { engines }]) => engines?.node && !allowsNode20(engines.node),
  )
  expect(refusing.map(([path]) => path)).toEqual([])
})

function allowsNode20(range) {
  return range.split('||').some((part) => {
    if (part.trim() === '*') return true
    const [, operator, major] = /^\s*(>=|>|\^|~)?\s*v?(\d+)/.exec(part) ?? []
    return operator?.startsWith('>') ? Number(major) <= 20 : Number(major) === 20
  })
}
