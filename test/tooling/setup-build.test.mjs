import { afterEach, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildPart, partCurrent, PARTS } from '../../node-app/setup/build.mjs'
import { here, scratchCheckout } from './scratch-checkout.mjs'

const program = PARTS.find((part) => part.name === 'program')
const page = PARTS.find((part) => part.name === 'page')

let checkout
afterEach(() => checkout?.remove())

async function withSources(files) {
  const tsconfig = await readFile(join(here, 'tsconfig.json'), 'utf8')
  const manifest = JSON.stringify({ type: 'module' })
  const common = { 'tsconfig.json': tsconfig, 'package.json': manifest }
  checkout = await scratchCheckout({ ...common, ...files }, { packages: true })
  return checkout.root
}

test('the program is built from its sources, and again when they change', async () => {
  const root = await withSources({ 'core/a.ts': 'export const a: number = 1\n' })
  expect(partCurrent(root, program)).toBe(false)
  await buildPart(root, program)
  expect(await readFile(join(root, 'dist/core/a.js'), 'utf8')).toContain('a = 1')
  expect(partCurrent(root, program)).toBe(true)

  await checkout.write('core/a.ts', 'export const a: number = 2\n')
  expect(partCurrent(root, program)).toBe(false)
  await buildPart(root, program)
  expect(await readFile(join(root, 'dist/core/a.js'), 'utf8')).toContain('a = 2')
})

test('what has no source any more leaves dist/', async () => {
  const root = await withSources({ 'core/a.ts': 'export {}\n', 'core/b.ts': 'export {}\n' })
  await buildPart(root, program)
  await rm(join(root, 'core/b.ts'))
  expect(partCurrent(root, program)).toBe(false)
  await buildPart(root, program)
  expect(existsSync(join(root, 'dist/core/a.js'))).toBe(true)
  expect(existsSync(join(root, 'dist/core/b.js'))).toBe(false)
})

test('a build that fails says where, and is not taken for done', async () => {
  const root = await withSources({ 'core/a.ts': 'export const = 1\n' })
  await expect(buildPart(root, program)).rejects.toThrow(/could not be built:\ncore\/a\.ts\(1,/)
  expect(partCurrent(root, program)).toBe(false)
})

test('the page is built by Vite into dist/web-ui', async () => {
  const root = await withSources({
    'web-ui/vite.config.ts': 'export default { base: "./" }\n',
    'web-ui/index.html':
      '<!doctype html><title>Porch</title><script type="module" src="a.ts"></script>',
    'web-ui/a.ts': 'document.title = "Light" as string\n',
  })
  await buildPart(root, page)
  expect(await readFile(join(root, 'dist/web-ui/index.html'), 'utf8')).toContain('Porch')
  expect(partCurrent(root, page)).toBe(true)
  await checkout.write('web-ui/a.ts', 'document.title = "Lit" as string\n')
  expect(partCurrent(root, page)).toBe(false)
})

test('a release without sources has nothing to build', async () => {
  checkout = await scratchCheckout({ 'dist/node-app/cli/main.js': '' })
  expect(PARTS.map((part) => partCurrent(checkout.root, part))).toEqual([true, true])
})

test('set-up then becomes the program, and keeps to stderr itself', async () => {
  const source = 'console.log(process.argv.slice(2).join())\nprocess.exitCode = 7\n'
  const root = await withSources({ 'core/program.ts': source })
  const args = ['setup.mjs', 'program', '--run', 'dist/core/program.js', 'a', '--b']
  expect(await checkout.run(args)).toEqual({ code: 7, stdout: 'a,--b\n', stderr: '' })
  expect(existsSync(join(root, '.porchlight-build/lock'))).toBe(false)
})

test('the CLI builds what is missing, and exits with what its main says', async () => {
  const main = 'export const main = async (argv) => (console.log(argv.join()), 3)\n'
  const bin = 'node-app/bin/porchlight.mjs'
  await withSources({
    'node-app/cli/main.ts': main,
    [bin]: await readFile(join(here, bin), 'utf8'),
  })
  expect(await checkout.run([bin, 'a', '--b'])).toEqual({ code: 3, stdout: 'a,--b\n', stderr: '' })
})

test('two set-ups at once take turns', async () => {
  await withSources({ 'core/a.ts': 'export {}\n' })
  const both = await Promise.all([1, 2].map(() => checkout.run(['setup.mjs', 'program'])))
  expect(both.map(({ code, stdout }) => ({ code, stdout }))).toEqual([
    { code: 0, stdout: '' },
    { code: 0, stdout: '' },
  ])
  expect(partCurrent(checkout.root, program)).toBe(true)
})
