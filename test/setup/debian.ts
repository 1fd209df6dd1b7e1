import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const POLICY = '/usr/sbin/policy-rc.d'

/** The program by which each Debian package of the labs is known to be here; other packages are asked of dpkg. */
const PROGRAM_OF: Record<string, string> = {
  'avahi-daemon': 'avahi-daemon',
  chromium: 'chromium',
  iproute2: 'ip',
}

/** What a full test run needs of Debian. */
export const LAB_PACKAGES: readonly string[] = Object.keys(PROGRAM_OF)

/**
 * Sees to it that Debian packages are here, installing them when this is root on Debian; resolves
 * with the names of those that are still missing. With CI=true it rejects instead of naming any.
 */
export async function ensureDebian(packages: readonly string[]): Promise<string[]> {
  let missing = await missingPackages(packages)
  let reason = 'not root'
  if (missing.length > 0 && isRoot()) {
    reason = await install(missing)
    missing = await missingPackages(missing)
  }
  if (missing.length > 0 && process.env.CI === 'true') {
    throw new Error(
      `Debian packages are missing and could not be installed: ${missing.join(', ')} (${reason})`,
    )
  }
  return missing
}

/** True when this process may make network namespaces and install packages. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** The path of a program in PATH or among the administrator's, or null. */
export function findProgram(name: string, path = process.env.PATH ?? ''): string | null {
  const folders = [...path.split(delimiter), '/usr/sbin', '/sbin'].filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null
}

async function missingPackages(packages: readonly string[]): Promise<string[]> {
  const here = await Promise.all(packages.map(isHere))
  return packages.filter((_, i) => !here[i])
}

async function isHere(name: string): Promise<boolean> {
  const program = PROGRAM_OF[name]
  if (program !== undefined) return findProgram(program) !== null
  try {
    const { stdout } = await run('dpkg-query', ['-W', '-f', '${Status}', name])
    return stdout === 'install ok installed'
  } catch {
    return false
  }
}

/** Installs with apt-get; resolves with what apt-get had to say when it failed, or with ''. */
async function install(packages: readonly string[]): Promise<string> {
  if (findProgram('apt-get') === null) return 'no apt-get here'
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 2 ** 26 }
  const flags = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300']
  // Without this, a daemon that a lab starts in its own namespace would also run as a service here.
  const ownPolicy = !existsSync(POLICY)
  if (ownPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await run('apt-get', ['update', '-q'], options)
    await run('apt-get', ['install', ...flags, ...packages], options)
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    if (ownPolicy) rmSync(POLICY, { force: true })
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
