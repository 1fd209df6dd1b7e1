import { mkdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { asDiskError, diskFull } from '../../durability/disk-error.ts'
import { syncDirectory } from '../../durability/private-file.ts'
import { errorCode, PorchlightError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { CarryProgress, CarryReport } from '../api.ts'
import { Archive } from '../archive/archive.ts'
import type { ArchiveMirror } from '../archive/archive-mirror.ts'
import type { Copy } from '../copy.ts'
import { exchangeCopies } from '../exchange-copies.ts'
import { FewNewLogs } from './few-new-logs.ts'
import { ItemsExchange } from './items-exchange.ts'
import type { CarriedItems } from './items-exchange.ts'
import { fullError, goneError, noDirectory, stickError } from './stick-words.ts'

/** The one name that we take on a medium. */
const HOME = 'porchlight'
/** Left free on the medium, so that what is small can still be changed there. */
const LEFT_FREE = 1024 * 1024
const MAX_PROBLEMS = 20

/** What an exchange with a directory needs. */
export interface DirectoryExchangeOptions {
  readonly dir: string
  /** Rooms of this device. */
  readonly rooms: readonly Copy[]
  /** What this device holds for others. */
  readonly mirrors: readonly Copy[]
  /** Files; without it only records are exchanged. */
  readonly items?: CarriedItems | undefined
  readonly logger: Logger
  readonly signal?: AbortSignal | undefined
  readonly onprogress?: ((progress: CarryProgress) => void) | undefined
}

/**
 * Exchanges all that this device has with a directory, as a rule on a medium that somebody carries: records first, then
 * files, small ones before large ones. May be cut off at any moment: what was written before is found again. Errors:
 * `NOT_FOUND`, `NOT_ALLOWED`, `DAMAGED`, `ALREADY_RUNNING`, `DISK_FULL`, and the signal's reason.
 */
export async function exchangeWithDirectory(
  options: DirectoryExchangeOptions,
): Promise<CarryReport> {
  const { dir, logger } = options
  const found = await stat(dir).catch(() => null)
  if (!found?.isDirectory()) throw noDirectory(dir, found !== null)
  const home = join(dir, HOME)
  const space = spaceOn(dir)
  try {
    const archive = await openOn(dir, home, { logger, space })
    try {
      await syncDirectory(dir)
      return await new DirectoryExchange(options, archive, space).run()
    } finally {
      await archive.close()
    }
  } catch (error) {
    throw stickError(dir, error) ?? error
  }
}

class DirectoryExchange {
  readonly #options: DirectoryExchangeOptions
  readonly #archive: Archive
  readonly #space: (bytes: number) => Promise<() => void>
  readonly #read = { records: 0, files: 0, bytes: 0 }
  readonly #written = { records: 0, files: 0, bytes: 0 }
  readonly #problems = new Set<string>()

  constructor(
    options: DirectoryExchangeOptions,
    archive: Archive,
    space: (bytes: number) => Promise<() => void>,
  ) {
    this.#options = options
    this.#archive = archive
    this.#space = space
  }

  async run(): Promise<CarryReport> {
    const { dir, rooms, mirrors, items } = this.#options
    const pairs: { copy: Copy; mirror: ArchiveMirror }[] = []
    const count = { rooms: 0, mirrors: 0 }
    for (const [kind, copies] of [
      ['rooms', rooms],
      ['mirrors', mirrors],
    ] as const) {
      for (const copy of copies) {
        const mirror = await this.#guarded(() =>
          kind === 'rooms' ? this.#room(copy) : this.#held(copy),
        )
        if (!mirror) continue
        count[kind]++
        pairs.push({ copy, mirror })
      }
    }
    if (items) {
      const exchange = new ItemsExchange({
        ...this.#options,
        items,
        space: this.#space,
        read: this.#read,
        written: this.#written,
        onprogress: () => this.#tell(),
        onproblem: (words) => this.#problem(words),
        guard: (work) => this.#guarded(work, 'file'),
      })
      await exchange.run(pairs)
    }
    this.#options.onprogress?.({ phase: 'syncing', bytes: this.#bytes })
    // All else was synced as it was written.
    await syncDirectory(this.#archive.dir)
    await syncDirectory(dir)
    await this.#expectThere()
    return {
      dir,
      ...count,
      read: this.#read,
      written: this.#written,
      problems: [...this.#problems],
    }
  }

  /** Exchanges the records of a room, which says which statements still wait: only those stay on the medium. */
  async #room(copy: Copy): Promise<ArchiveMirror> {
    const mirror = await this.#records(copy)
    const waiting = await copy.notes()
    const over = (await mirror.notes()).filter((note) => !waiting.some((one) => one.equals(note)))
    if (over.length === 0) return mirror
    // What the room wrote down of them is on the medium before they go.
    await this.#records(copy)
    await mirror.dropNotes(over)
    await mirror.note(waiting)
    return mirror
  }

  /** Exchanges the records of what is held for others. */
  async #held(copy: Copy): Promise<ArchiveMirror> {
    const few = await FewNewLogs.of(copy)
    const mirror = await this.#records(few)
    if (few.limited) this.#problem(MANY_NEW)
    return mirror
  }

  async #records(copy: Copy): Promise<ArchiveMirror> {
    const { signal } = this.#options
    const there = this.#archive.get(copy.id)
    const mirror = there ?? (await this.#archive.create(copy.id, 'mirror'))
    const onmoved = (to: 'a' | 'b', records: number, bytes: number): void => {
      const side = to === 'a' ? this.#read : this.#written
      side.records += records
      side.bytes += bytes
      this.#tell(to === 'a' ? 'reading' : 'writing')
    }
    const { full } = await exchangeCopies(copy, mirror, { signal, onmoved })
    if (full.b) this.#problem(FULL_THERE)
    if (full.a) this.#problem(FULL_HERE)
    return mirror
  }

  /** What fails for one room or file goes on with the next, unless the medium is gone. */
  async #guarded<T>(work: () => Promise<T>, what: 'room' | 'file' = 'room'): Promise<T | null> {
    try {
      return await work()
    } catch (error) {
      this.#options.signal?.throwIfAborted()
      await this.#expectThere(error)
      const gone = stickError(this.#options.dir, error)
      // One file may have other permissions than all else.
      if (gone?.code === 'NOT_ALLOWED' && what === 'room') throw gone
      this.#options.logger.warn('carry-problem', { error: errorCode(error) })
      this.#problem(error instanceof PorchlightError ? wordsOf(error) : FAILED[what])
      return null
    }
  }

  async #expectThere(cause?: unknown): Promise<void> {
    const { dir } = this.#options
    await stat(join(this.#archive.dir, 'format')).catch((error: unknown) => {
      throw goneError(dir, cause ?? error)
    })
  }

  #problem(words: string): void {
    if (this.#problems.size < MAX_PROBLEMS) this.#problems.add(words)
  }

  get #bytes(): number {
    return this.#read.bytes + this.#written.bytes
  }

  #tell(phase: CarryProgress['phase'] = 'writing'): void {
    this.#options.onprogress?.({ phase, bytes: this.#bytes })
  }
}

const FULL_THERE =
  'The medium is full: not all of it was written. What is on it is complete in itself; free some space on it and repeat.'
const FAILED = {
  room: 'Something of a room could not be exchanged. What was there before is unchanged.',
  file: 'A file could not be exchanged. It stays where it is; repeat this, or use another medium.',
}
const MANY_NEW =
  'The medium has more new writers of a room that is held for others than are taken at once. They stay on the medium; repeat this to take more of them.'
const FULL_HERE =
  'The disk of this device is full: not all of it was read. It stays on the medium; free some space here and repeat.'

function wordsOf(error: PorchlightError): string {
  return error.code === 'DISK_FULL' ? FULL_THERE : error.message
}

async function openOn(
  dir: string,
  home: string,
  options: Parameters<typeof Archive.open>[1],
): Promise<Archive> {
  try {
    // By itself: where nothing can be made at all, as in /proc, Node would go on for ever to make what leads there.
    await mkdir(home, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    return await Archive.open(home, options)
  } catch (error) {
    throw asDiskError(error).code === 'DISK_FULL' ? fullError(dir, error) : error
  }
}

/** Asks a medium whether there is space. */
function spaceOn(dir: string): (bytes: number) => Promise<() => void> {
  return async (bytes) => {
    const { bsize, bavail, blocks } = await statfs(dir)
    if (bavail * bsize < bytes + Math.min(LEFT_FREE, (blocks * bsize) / 20)) throw diskFull()
    return () => {}
  }
}
