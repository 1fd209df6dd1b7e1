import { link, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PorchlightError } from '../core/errors.ts'
import { identify, type ProcessIdentity } from './process-identity.ts'
import { writePrivate } from './write-private.ts'

interface Holder {
  readonly pid: number
  /** The holder's start; absent where the system does not say. */
  readonly start?: string
}

/** Whether the process found under a lock's number is the one that took the lock. */
export function holds(holder: Holder, found: ProcessIdentity): boolean {
  if (found.state === 'alive') return holder.start === undefined || found.start === holder.start
  return found.state === 'unknown'
}

/** Keeps a data directory to one node at a time; a node that was killed leaves no obstacle. */
export class DataLock {
  readonly #path: string
  readonly #text: string

  private constructor(path: string, text: string) {
    this.#path = path
    this.#text = text
  }

  /** The process number of the node that holds the directory, if one does. */
  static async holder(dir: string): Promise<number | undefined> {
    const holder = parse(await read(join(dir, 'lock')))
    if (holder === undefined) return undefined
    return holds(holder, await identify(holder.pid)) ? holder.pid : undefined
  }

  /** Takes the directory. Errors: ALREADY_RUNNING. */
  static async take(dir: string): Promise<DataLock> {
    const path = join(dir, 'lock')
    const own = await identify(process.pid)
    const start = own.state === 'alive' ? { start: own.start } : {}
    const text = `${JSON.stringify({ pid: process.pid, ...start })}\n`
    const aside = `${path}.${process.pid}`
    await writePrivate(aside, text)
    try {
      for (let attempt = 0; attempt < 5; attempt++) {
        try {
          // A link appears whole or not at all, and never replaces another.
          await link(aside, path)
          return new DataLock(path, text)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        }
        const there = await read(path)
        const holder = parse(there)
        if (holder !== undefined && holds(holder, await identify(holder.pid)))
          throw running(holder.pid)
        if (there !== undefined) await clearStale(path, there)
      }
      throw running(undefined)
    } finally {
      await rm(aside, { force: true })
    }
  }

  /** Gives the directory back, unless another has taken it since. */
  async release(): Promise<void> {
    if ((await read(this.#path)) === this.#text) await rm(this.#path, { force: true })
  }
}

/** Removes a dead node's lock; one that a third process has just put in its place is put back. */
async function clearStale(path: string, stale: string): Promise<void> {
  const away = `${path}.${process.pid}.stale`
  try {
    await rename(path, away)
    if ((await read(away)) !== stale) await link(away, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error
  } finally {
    await rm(away, { force: true })
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function parse(text: string | undefined): Holder | undefined {
  try {
    const holder = JSON.parse(text ?? '') as Holder
    return Number.isInteger(holder.pid) && holder.pid > 0 ? holder : undefined
  } catch {
    return undefined
  }
}

function running(pid: number | undefined): PorchlightError {
  const which = pid === undefined ? 'Another node' : `A node (process ${pid})`
  return new PorchlightError(
    'ALREADY_RUNNING',
    `${which} is running on this data already. Use it, stop it with \`porchlight stop\`, or choose other data with --data.`,
  )
}
