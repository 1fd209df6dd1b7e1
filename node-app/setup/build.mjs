import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { run, SetupError } from './run.mjs'

const CODE = ['core', 'transports', 'node-app', 'test']
const PAGE_CONFIGS = ['vite.config.ts', 'vite.config.js', 'vite.config.mjs']

/** What is built from what: each part knows when its sources last changed by a stamp in dist/. */
export const PARTS = [
  {
    name: 'program',
    stamp: 'dist/.stamp-program',
    // A release archive holds dist/ without the sources: there is nothing to build it from.
    present: (root) => existsSync(join(root, 'tsconfig.json')),
    sources: (root) => [...CODE.flatMap((dir) => filesUnder(root, dir, isCode)), 'tsconfig.json'],
    compiler: 'node_modules/typescript',
    build: buildProgram,
  },
  {
    name: 'page',
    stamp: 'dist/.stamp-page',
    present: (root) => PAGE_CONFIGS.some((file) => existsSync(join(root, 'web-ui', file))),
    sources: (root) => filesUnder(root, 'web-ui', () => true),
    compiler: 'node_modules/vite',
    build: buildPage,
  },
]

/** True when dist/ was built from the sources as they are now. */
export function partCurrent(root, part) {
  if (!part.present(root)) return true
  const stamp = join(root, part.stamp)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root, part)
}

/** Builds a part; its stamp is written last, and tells of the sources as they were at the start. */
export async function buildPart(root, part) {
  const before = fingerprint(root, part)
  const stamp = join(root, part.stamp)
  rmSync(stamp, { force: true })
  await part.build(root)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, before)
}

async function buildProgram(root) {
  // Types are checked by `npm run typecheck`: a wrong type in a test must not keep a node from starting.
  const args = [join(root, 'node_modules/typescript/bin/tsc'), '-p', root, '--noCheck']
  await runOrExplain(root, 'The program could not be built', args)
  const built = CODE.flatMap((dir) => filesUnder(root, join('dist', dir), isBuilt))
  for (const file of built) {
    const source = relative('dist', file).replace(/\.js$/, '.ts')
    if (!existsSync(join(root, source))) rmSync(join(root, file))
  }
}

async function buildPage(root) {
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const flags = ['--outDir', join(root, 'dist/web-ui'), '--emptyOutDir', '--logLevel', 'warn']
  // What else runs this, such as jest, must not make it a page for development.
  const env = { ...process.env, NODE_ENV: 'production' }
  await runOrExplain(root, 'The page could not be built', [vite, 'build', 'web-ui', ...flags], env)
}

async function runOrExplain(root, what, args, env = process.env) {
  const { code, output } = await run(process.execPath, args, { cwd: root, env })
  if (code !== 0) throw new SetupError(`${what}:\n${output.trim()}`)
}

function fingerprint(root, part) {
  const hash = createHash('sha256').update(versionOf(root, part.compiler))
  for (const file of part.sources(root)) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

// From the lock, not from node_modules: a node without its build tools must find the same answer.
function versionOf(root, path) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return lock.packages[path]?.version ?? 'none'
}

function isCode(name) {
  return name.endsWith('.ts') || name.endsWith('.json')
}

function isBuilt(name) {
  return name.endsWith('.js')
}

function filesUnder(root, dir, wanted) {
  if (!existsSync(join(root, dir))) return []
  const entries = readdirSync(join(root, dir), { withFileTypes: true })
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(dir, entry.name)
      if (entry.isDirectory())
        return entry.name === 'node_modules' ? [] : filesUnder(root, path, wanted)
      return entry.isFile() && wanted(entry.name) ? [path] : []
    })
}
