import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { run, SetupError } from './run.mjs'

const STAMP = 'node_modules/.porchlight-stamp'

/**
 * True when node_modules holds what package-lock.json names; with `dev: false` only what running
 * needs. What npm itself recorded is compared, so that an install by hand counts too.
 */
export function packagesCurrent(root, { dev }) {
  const wanted = readJson(join(root, 'package-lock.json'))
  // A release archive brings its packages with it and has no lock file to compare them with.
  if (wanted === null) return existsSync(join(root, 'node_modules'))
  const installed = readJson(join(root, 'node_modules/.package-lock.json'))
  if (installed === null) return false
  // npm leaves out optional packages that do not install here: asking for them again is no use.
  const triedHere = readText(join(root, STAMP)) === stampOf(root)
  return Object.entries(wanted.packages).every(([path, want]) => {
    if (path === '' || want.link) return true
    if ((want.dev || want.devOptional) && !dev) return true
    const have = installed.packages[path]
    if (have) return have.version === want.version && have.integrity === want.integrity
    return want.optional === true && (triedHere || !meantForHere(want))
  })
}

/** Installs exactly what package-lock.json names; on failure the node_modules of before is untouched. */
export async function installPackages(root) {
  const work = join(root, '.porchlight-build')
  mkdirSync(work, { recursive: true })
  // What an interrupted set-up left: we hold the lock, so nobody is at work in it.
  for (const name of readdirSync(work)) {
    if (name.startsWith('install-')) rmSync(join(work, name), { recursive: true, force: true })
  }
  const fresh = mkdtempSync(join(work, 'install-'))
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
      copyFileSync(join(root, file), join(fresh, file))
    }
    await npmCi(fresh)
    swap(join(fresh, 'node_modules'), join(root, 'node_modules'), join(fresh, 'old'))
    writeFileSync(join(root, STAMP), stampOf(root))
  } finally {
    rmSync(fresh, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function npmCi(cwd) {
  const flags = ['--ignore-scripts', '--include=dev', '--include=optional', '--prefer-offline']
  flags.push('--no-audit', '--no-fund', '--no-progress', '--loglevel=error', '--dry-run=false')
  flags.push('--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000')
  const env = { ...process.env }
  // An npm that started us tells its children where it works; this one works elsewhere.
  for (const name of Object.keys(env)) {
    if (/^npm_config_(local_prefix|prefix|global|omit|only|workspaces?)$/i.test(name))
      delete env[name]
  }
  const attempt = () => run('npm', ['ci', ...flags], { cwd, env })
  let { code, output } = await attempt().catch((error) => {
    throw new SetupError(
      `npm could not be started (${error.code}). It comes with Node: install Node from https://nodejs.org.`,
    )
  })
  // Another npm that was stopped halfway can leave a hole in the cache that both share; it is filled by then.
  if (code !== 0 && /_cacache/.test(output)) ({ code, output } = await attempt())
  if (code !== 0) throw new SetupError(explainNpm(output))
}

/** What to tell a person when `npm ci` failed with this output. */
export function explainNpm(output) {
  const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH/
  if (offline.test(output) || /ENOTCACHED|ERR_SOCKET_TIMEOUT/.test(output)) {
    return (
      "The packages are missing and the registry can't be reached; nothing was changed. " +
      'Connect once and run this again, or copy node_modules from a checkout with the same ' +
      'package-lock.json on the same kind of computer.'
    )
  }
  if (/ENOSPC/.test(output)) {
    return 'The disk is full, so the packages were not installed; nothing was changed. Free some space (about 400 MB) and run this again.'
  }
  return `The packages could not be installed; nothing was changed. npm said:\n${output.trim()}`
}

function swap(from, to, aside) {
  if (lstatSync(to, { throwIfNoEntry: false })) renameSync(to, aside)
  try {
    renameSync(from, to)
  } catch (error) {
    if (existsSync(aside)) renameSync(aside, to)
    throw error
  }
}

function meantForHere({ os, cpu, libc }) {
  const fits = (list, here) => {
    if (!list) return true
    if (list.includes(`!${here}`)) return false
    return list.includes(here) || list.every((entry) => entry.startsWith('!'))
  }
  return fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, libcHere())
}

function libcHere() {
  if (process.platform !== 'linux') return undefined
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
}

function stampOf(root) {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  return `${hash.digest('hex')} ${process.platform} ${process.arch}\n`
}

function readText(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

function readJson(file) {
  const text = readText(file)
  return text === null ? null : JSON.parse(text)
}
