import { thisMachine } from './machine.ts'
import type { Machine } from './machine.ts'

/** The program by which each Debian package of the labs is known to be here; others are asked of dpkg. */
const PROGRAM_OF: Record<string, string> = {
  'avahi-daemon': 'avahi-daemon',
  'bluez-test-tools': 'btvirt',
  chromium: 'chromium',
  gcc: 'gcc',
  iproute2: 'ip',
}

/** What a full test run needs of Debian. */
export const LAB_PACKAGES: readonly string[] = [...Object.keys(PROGRAM_OF), 'libc6-dev']

/**
 * Sees to it that Debian packages are here, installing them as root with apt-get; resolves with the
 * names of those that are still missing. With CI=true it rejects instead of naming any.
 */
export async function ensureDebian(
  packages: readonly string[],
  machine: Machine = thisMachine,
): Promise<string[]> {
  let missing = await missingPackages(packages, machine)
  let reason = 'this is not root on Debian'
  if (missing.length > 0 && machine.root && machine.has('apt-get')) {
    reason = await install(missing, machine)
    missing = await missingPackages(missing, machine)
  }
  if (missing.length > 0 && machine.ci) {
    throw new Error(`The Debian packages ${missing.join(', ')} are missing: ${reason}`)
  }
  return missing
}

async function missingPackages(packages: readonly string[], machine: Machine): Promise<string[]> {
  const here = await Promise.all(packages.map((name) => isHere(name, machine)))
  return packages.filter((_, i) => !here[i])
}

async function isHere(name: string, machine: Machine): Promise<boolean> {
  const program = PROGRAM_OF[name]
  if (program !== undefined) return machine.has(program)
  const status = machine.run('dpkg-query', ['-W', '-f', '${Status}', name])
  return status.then(
    (text) => text === 'install ok installed',
    () => false,
  )
}

/** Installs packages; resolves with what apt-get had to say when it failed. */
async function install(packages: readonly string[], machine: Machine): Promise<string> {
  const flags = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300']
  const startServices = machine.holdServices()
  try {
    await machine.run('apt-get', ['update', '-q'])
    await machine.run('apt-get', ['install', ...flags, ...packages])
    return 'apt-get installed them, and they are not found'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    startServices()
  }
}
