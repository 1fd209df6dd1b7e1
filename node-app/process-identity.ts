import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/**
 * What tells a process from a later one with the same number: its start, and on Linux the boot.
 * `gone` when no such process lives; `unknown` where the system does not say.
 */
export type ProcessIdentity =
  { readonly state: 'gone' | 'unknown' } | { readonly state: 'alive'; readonly start: string }

/** Looks a process up by its number. */
export async function identify(pid: number): Promise<ProcessIdentity> {
  if (!exists(pid)) return { state: 'gone' }
  try {
    if (process.platform === 'linux') return await fromProc(pid)
    if (process.platform === 'win32') return { state: 'unknown' }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)])
    return { state: 'alive', start: stdout.trim() }
  } catch {
    return exists(pid) ? { state: 'unknown' } : { state: 'gone' }
  }
}

/** True while a process of this number lives and is not merely waiting to be reaped. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await identify(pid)).state !== 'gone'
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function fromProc(pid: number): Promise<ProcessIdentity> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
  // The name, in brackets, may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return { state: 'gone' }
  return { state: 'alive', start: `${boot.trim()}/${fields[19]}` }
}
