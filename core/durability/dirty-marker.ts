import { readFile, rm } from 'node:fs/promises'
import { writePrivateFile } from './private-file.ts'

/** How the last run ended: `clean`, `killed` (this machine went on) or `power-cut` (it may not have). */
export type LastEnd = 'clean' | 'killed' | 'power-cut'

/** A file that stands while the engine runs; one that is found at a start tells of a dirty end. */
export class DirtyMarker {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** How the run before ended. */
  async read(): Promise<LastEnd> {
    const found = await readFile(this.#path, 'utf8').catch(() => null)
    return lastEnd(found, await bootId())
  }

  /** From here on a run that does not end well is found by the next. */
  async set(): Promise<void> {
    await writePrivateFile(this.#path, await bootId())
  }

  /** The run ended well. */
  async clear(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}

/** Within one boot of the machine nothing written was lost: the kernel still holds it. */
export function lastEnd(found: string | null, boot: string): LastEnd {
  if (found === null) return 'clean'
  return found === boot && boot !== '' ? 'killed' : 'power-cut'
}

/** Linux tells; elsewhere each dirty end counts as a power cut. */
async function bootId(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return id.trim()
}
