// `node node-app/setup/complete-lock.mjs`, after a change of packages: a registry that mirrors only some
// platforms makes npm leave the others' optional packages out of package-lock.json, and `npm ci`
// then refuses the lock. This adds them by name and version; other platforms' npm does the rest.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'sunos', 'win32']
const CPU = { loong64: 'loong64', mips64el: 'mips64el', ppc64: 'ppc64', riscv64: 'riscv64' }
Object.assign(CPU, { s390x: 's390x', arm64: 'arm64', arm: 'arm', ia32: 'ia32', x64: 'x64' })

/** The entries that `lock` names as optional dependencies and does not hold, by their path in it. */
export function missingEntries(lock) {
  const missing = {}
  for (const owner of Object.values(lock.packages)) {
    for (const [name, range] of Object.entries(owner.optionalDependencies ?? {})) {
      if (Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`))) continue
      missing[`node_modules/${name}`] = entry(name, range, owner)
    }
  }
  return missing
}

function entry(name, range, owner) {
  if (!/^\d+\.\d+\.\d+$/.test(range)) throw new Error(`${name}@${range} is no exact version`)
  const words = name.split('/').pop().split('-')
  const os = words.find((word) => OS.includes(word))
  const cpu = words.map((word) => CPU[word]).find(Boolean)
  if (!os || !cpu) throw new Error(`${name} does not tell its platform`)
  const libc = words.some((word) => word.startsWith('musl')) ? ['musl'] : ['glibc']
  const entry = { version: range, cpu: [cpu] }
  if (owner.dev) entry.dev = true
  if (os === 'linux' && words.at(-1) !== cpu) entry.libc = libc
  return { ...entry, optional: true, os: [os] }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const file = new URL('../../package-lock.json', import.meta.url)
  const lock = JSON.parse(readFileSync(file, 'utf8'))
  const packages = { ...lock.packages, ...missingEntries(lock) }
  const inOrder = Object.keys(packages).sort((a, b) => (a < b ? -1 : 1))
  lock.packages = Object.fromEntries(inOrder.map((path) => [path, packages[path]]))
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
}
