import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readPlainFile } from './plain-file.ts'
import { PorchlightError } from '../../errors.ts'

const FILE = 'lock'
/** Archives that this process holds. */
const held = new Set<string>()

/** Who holds an archive: the boot of the machine, the process, and when that was started; '' where the system does not tell. */
interface Holder {
  readonly boot: string
  readonly pid: number
  readonly start: string
}

/** Keeps an archive to one process at a time; one that was killed, or a stick that was pulled, leaves no obstacle. */
export class ArchiveLock {
  readonly #dir: string

  private constructor(dir: string) {
    this.#dir = dir
  }

  /** Errors: `ALREADY_RUNNING`, and those of the file system. */
  static async take(dir: string): Promise<ArchiveLock> {
    if (held.has(dir)) throw taken(dir, process.pid)
    held.add(dir)
    try {
      const path = join(dir, FILE)
      const own = await holder(process.pid)
      for (let attempt = 0; ; attempt++) {
        const found = (await readPlainFile(path, 1024))?.toString() ?? null
        const other = found === null ? null : parse(found)
        if (other && (await isAlive(other, own))) throw taken(dir, other.pid)
        if (found !== null) await rm(path, { force: true })
        const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST' || attempt > 3) throw error
          return null
        })
        if (!file) continue
        try {
          // A medium that is full can still be read.
          await file.writeFile(JSON.stringify(own)).catch(() => {})
        } finally {
          await file.close()
        }
        return new ArchiveLock(dir)
      }
    } catch (error) {
      held.delete(dir)
      throw error
    }
  }

  async release(): Promise<void> {
    held.delete(this.#dir)
    // A stick may be gone by now.
    await rm(join(this.#dir, FILE), { force: true }).catch(() => {})
  }
}

/** Does the process that took a lock still run? One of another boot or machine does not, as far as we can tell. */
async function isAlive(found: Holder, own: Holder): Promise<boolean> {
  if (found.boot !== own.boot) return false
  if (found.pid === own.pid && found.start === own.start) return false
  try {
    process.kill(found.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return (await holder(found.pid)).start === found.start
}

async function holder(pid: number): Promise<Holder> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // Behind the name in brackets, which may hold anything.
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  return { boot: boot.trim(), pid, start }
}

function parse(text: string): Holder | null {
  try {
    const { boot, pid, start } = JSON.parse(text) as Partial<Holder>
    const sound = typeof boot === 'string' && typeof start === 'string' && Number.isInteger(pid)
    return sound && pid! > 0 ? { boot, pid: pid!, start } : null
  } catch {
    return null
  }
}

/** Says who has it: where the system tells little, that may be another program that has the number now. */
function taken(dir: string, pid: number): PorchlightError {
  return new PorchlightError(
    'ALREADY_RUNNING',
    `Another Porchlight (process ${pid}) is using ${dir}. Nothing was changed; wait until it is done, or remove the file \`lock\` in it if that process is no Porchlight.`,
  )
}
