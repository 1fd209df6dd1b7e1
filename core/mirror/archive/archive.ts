import { lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { asDiskError } from '../../durability/disk-error.ts'
import { syncDirectory, writePrivateFile } from '../../durability/private-file.ts'
import { errorCode, PorchlightError } from '../../errors.ts'
import { each } from '../../files/store/each.ts'
import type { Logger } from '../../logger.ts'
import { ArchiveLock } from './archive-lock.ts'
import { ArchiveMirror } from './archive-mirror.ts'
import { isPlainDirectory, isPlainFile, readPlainFile } from './plain-file.ts'
import { isWithdrawn, readFacts, writeFacts } from './mirror-file.ts'
import type { MirrorKind } from './mirror-file.ts'
import { segmentNumber } from './segment-file.ts'

const FORMAT_FILE = 'format'
const FORMAT = 'porchlight archive'
const VERSION = 1
const ID = /^[0-9a-f]{64}$/
/** Mirrors whose indexes are in memory. */
const AWAKE = 32
/** Directories that are looked at together. */
const AT_ONCE = 3

/** How an archive is opened. */
export interface ArchiveOptions {
  readonly logger: Logger
  /** Before bytes are written; gives what to call after it. Errors: `DISK_FULL`. */
  readonly space?: (bytes: number) => Promise<() => void>
  /** Mirrors whose indexes stay in memory; default 32. */
  readonly awake?: number
}

/** A directory of mirrors: a blind peer's, a carrier's or a USB stick's. Keeps no file open but while it works. */
export class Archive {
  readonly dir: string
  readonly #options: ArchiveOptions
  readonly #lock: ArchiveLock
  readonly #mirrors = new Map<string, ArchiveMirror>()
  /** Mirrors with an index in memory, the last used last. */
  readonly #awake = new Set<ArchiveMirror>()
  /** Those whose files go: one of the same id begins after that. */
  readonly #removing = new Map<string, Promise<void>>()
  #closed = false

  private constructor(dir: string, options: ArchiveOptions, lock: ArchiveLock) {
    this.dir = dir
    this.#options = options
    this.#lock = lock
  }

  /** Opens an archive, and makes one where the directory is missing or empty. Errors: `ALREADY_RUNNING`, `DAMAGED`, `NOT_ALLOWED`, `DISK_FULL`. */
  static async open(dir: string, options: ArchiveOptions): Promise<Archive> {
    try {
      // A file of that name, or a link, is somebody's own.
      await mkdir(dir, { recursive: true, mode: 0o700 }).catch(() => {})
      if (!(await isPlainDirectory(dir)) && (await isThere(dir))) throw notOurs(dir)
      await mkdir(dir, { recursive: true, mode: 0o700 })
      await checkFormat(dir)
      const lock = await ArchiveLock.take(dir)
      const archive = new Archive(dir, options, lock)
      try {
        await writeFormat(dir)
        await archive.#find()
      } catch (error) {
        await lock.release()
        throw error
      }
      return archive
    } catch (error) {
      throw asDiskError(error)
    }
  }

  mirrors(): readonly ArchiveMirror[] {
    return [...this.#mirrors.values()]
  }

  /** A mirror by its id (hex). */
  get(id: string): ArchiveMirror | null {
    return this.#mirrors.get(id) ?? null
  }

  /** Bytes that the logs of all mirrors take on the disk. */
  get bytes(): number {
    let bytes = 0
    for (const mirror of this.#mirrors.values()) bytes += mirror.bytes
    return bytes
  }

  /** Begins a mirror; durable when it resolves. Errors: `EXISTS`, `DISK_FULL`. */
  async create(
    id: string,
    kind: MirrorKind,
    about: Buffer = Buffer.alloc(0),
  ): Promise<ArchiveMirror> {
    if (this.#closed || !ID.test(id) || this.#mirrors.has(id)) {
      throw new PorchlightError('EXISTS', 'This mirror is kept already. It was not changed.')
    }
    // Before anything is awaited, so that nobody else begins the same; who uses it meanwhile waits.
    const made = this.#make(id, kind, about)
    const mirror = this.#add(id, kind, 0, made)
    try {
      await made
      return mirror
    } catch (error) {
      this.#mirrors.delete(id)
      await mirror.erase().catch(() => {})
      throw asDiskError(error)
    }
  }

  /** Deletes a mirror: its files are gone when it resolves. */
  async remove(id: string): Promise<void> {
    const mirror = this.#mirrors.get(id)
    if (!mirror) return
    this.#mirrors.delete(id)
    this.#awake.delete(mirror)
    const removed = mirror.erase().finally(() => this.#removing.delete(id))
    this.#removing.set(
      id,
      removed.catch(() => {}),
    )
    await removed
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.all(this.mirrors().map((mirror) => mirror.close()))
    await this.#lock.release()
  }

  #dirOf(id: string): string {
    return join(this.dir, id.slice(0, 2), id)
  }

  async #make(id: string, kind: MirrorKind, about: Buffer): Promise<void> {
    await this.#removing.get(id)
    const dir = this.#dirOf(id)
    const written = await this.#options.space?.(about.byteLength + 4096)
    try {
      for (const each of [join(dir, '..'), dir]) {
        if (!(await isPlainDirectory(each))) await rm(each, { force: true })
      }
      // The removal of one of this name may have failed in the middle.
      if (await isWithdrawn(dir)) await rm(dir, { recursive: true, force: true })
      await mkdir(dir, { recursive: true, mode: 0o700 })
      await writeFacts(dir, { kind, about, notes: [], items: [] })
      await syncDirectory(join(dir, '..'))
      await syncDirectory(this.dir)
    } finally {
      written?.()
    }
  }

  #add(id: string, kind: MirrorKind, bytes: number, ready = Promise.resolve()): ArchiveMirror {
    const { logger, space } = this.#options
    const mirror: ArchiveMirror = new ArchiveMirror({
      id,
      dir: this.#dirOf(id),
      kind,
      bytes,
      ready,
      logger,
      space,
      onuse: () => this.#onuse(mirror),
    })
    this.#mirrors.set(id, mirror)
    return mirror
  }

  #onuse(mirror: ArchiveMirror): void {
    this.#awake.delete(mirror)
    this.#awake.add(mirror)
    for (const other of this.#awake) {
      if (this.#awake.size <= (this.#options.awake ?? AWAKE)) return
      if (other !== mirror && other.rest()) this.#awake.delete(other)
    }
  }

  async #find(): Promise<void> {
    const groups = (await readdir(this.dir)).filter((name) => /^[0-9a-f]{2}$/.test(name))
    for (const group of groups.sort()) {
      if (!(await isPlainDirectory(join(this.dir, group)))) continue
      const names = await readdir(join(this.dir, group)).catch(() => [])
      const ids = names.filter((name) => ID.test(name) && name.startsWith(group))
      await each(ids, (id) => this.#found(id), AT_ONCE)
    }
  }

  async #found(id: string): Promise<void> {
    const dir = this.#dirOf(id)
    if (!(await isPlainDirectory(dir))) return
    const names = await readdir(dir).catch(() => [])
    const segments = names.filter((name) => segmentNumber(name) !== null)
    let bytes = 0
    for (const name of segments) bytes += (await lstat(join(dir, name))).size
    const withdrawn = await isWithdrawn(dir)
    const facts = withdrawn ? null : await readFacts(dir)
    if (!facts) {
      if (!withdrawn) this.#options.logger.warn('mirror-damaged', { mirror: id.slice(0, 8) })
      // Erasing it was cut off, or nothing of it was ever stored.
      if (withdrawn || segments.length === 0) return this.#erase(id)
    }
    this.#add(id, facts?.kind ?? 'mirror', bytes)
  }

  /** Removes what is left of a mirror; what can not be removed is tried again at the next start. */
  async #erase(id: string): Promise<void> {
    const rest = this.#add(id, 'mirror', 0)
    this.#mirrors.delete(id)
    await rest.erase().catch((error: unknown) => {
      this.#options.logger.warn('mirror-not-erased', { error: errorCode(error) })
    })
  }
}

/** Refuses a directory that holds something else, or what a newer version wrote. */
async function checkFormat(dir: string): Promise<void> {
  const found = (await readPlainFile(join(dir, FORMAT_FILE), 1024))?.toString() ?? null
  const version = found?.startsWith(`${FORMAT} `) ? Number(found.slice(FORMAT.length)) : NaN
  if (version === VERSION) return
  if (version > VERSION) {
    throw new PorchlightError(
      'NOT_ALLOWED',
      `A newer Porchlight wrote ${dir}. Nothing in it was changed; update this one, or use another directory.`,
    )
  }
  // A medium that was pulled when it was first written to may have no format yet, or an empty one.
  const known = /^([0-9a-f]{2}|lock|format(\.new)?)$/
  if (!found?.trim() && (await readdir(dir)).every((name) => known.test(name))) return
  throw notOurs(dir)
}

async function writeFormat(dir: string): Promise<void> {
  const path = join(dir, FORMAT_FILE)
  const found = await readPlainFile(path, 1024)
  await isPlainFile(`${path}.new`)
  if (!found?.toString().trim()) await writePrivateFile(path, `${FORMAT} ${VERSION}\n`)
}

function notOurs(dir: string): PorchlightError {
  return new PorchlightError(
    'DAMAGED',
    `${dir} holds something that is not Porchlight's. Nothing in it was changed; use another directory.`,
  )
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
