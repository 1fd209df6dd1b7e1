import { readdir, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asDiskError } from '../../durability/disk-error.ts'
import { syncDirectory } from '../../durability/private-file.ts'
import { PorchlightError } from '../../errors.ts'
import { Turns } from '../../files/store/turns.ts'
import type { Logger } from '../../logger.ts'
import { MAX_MIRROR_LOGS, MAX_NOTES, MAX_RANGE_BYTES } from '../copy.ts'
import type { Copy, ItemName, LogHead, LogRange, Stored } from '../copy.ts'
import { cutFront, joinRanges } from '../range/cut.ts'
import { MAX_WHOLE_LENGTH, proveRange, sizeOf } from '../range/prove.ts'
import { MAX_ABOUT, MAX_ITEMS, MAX_NOTE, readFacts, withdraw, writeFacts } from './mirror-file.ts'
import type { MirrorFacts, MirrorKind } from './mirror-file.ts'
import { rootsName } from './record.ts'
import { firstMissing } from './segment-index.ts'
import { SegmentStore } from './segment-store.ts'
import { segmentNumber } from './segment-file.ts'

/** What a mirror in an archive needs. */
export interface ArchiveMirrorOptions {
  readonly id: string
  readonly dir: string
  readonly kind: MirrorKind
  /** Bytes of its segment files, as they were found. */
  readonly bytes: number
  /** Its directory stands. */
  readonly ready: Promise<void>
  readonly logger: Logger
  readonly space?: ((bytes: number) => Promise<() => void>) | undefined
  /** It is used: its index is in memory from now on. */
  readonly onuse: () => void
}

/** Looks at a range that would be stored, the bytes that it takes on the disk, and whether it is the first of its log; false says `full`. */
export type Admits = (range: LogRange, bytes: number, fresh: boolean) => boolean

/** Bytes that a range takes beside its blocks, about. */
const OVERHEAD = 512
const NOTHING: Omit<MirrorFacts, 'kind'> = { about: Buffer.alloc(0), notes: [], items: [] }

/** One mirror as its holder keeps it: ranges of logs that prove themselves, and nothing that opens them. */
export class ArchiveMirror implements Copy {
  readonly id: string
  readonly dir: string
  readonly kind: MirrorKind
  readonly #options: ArchiveMirrorOptions
  readonly #turns = new Turns()
  readonly #watchers = new Set<() => void>()
  #segments: Promise<SegmentStore> | null = null
  #bytes: number
  #using = 0
  /** True while the files are being tidied. */
  #working = (): boolean => false
  #closed = false

  constructor(options: ArchiveMirrorOptions) {
    this.id = options.id
    this.dir = options.dir
    this.kind = options.kind
    this.#bytes = options.bytes
    this.#options = options
  }

  /** Bytes that its logs take on the disk. */
  get bytes(): number {
    return this.#bytes
  }

  /** True while something of it is being read or written. */
  get busy(): boolean {
    return this.#using > 0
  }

  heads(): Promise<readonly LogHead[]> {
    return this.#use([], async ({ logs }) => [...logs.values()].map(({ head }) => head))
  }

  read(key: Buffer, from: number, max: number): Promise<LogRange | null> {
    return this.#use(null, async (segments) => {
      const log = segments.logs.get(key.toString('hex'))
      const first = log && (await segments.read(log, from))
      const cut = first && cutFront(first.range, from)
      if (!cut || sizeOf(cut.blocks) > max) return null
      const ranges = [cut]
      let { after } = first
      let size = sizeOf(cut.blocks)
      let count = cut.blocks.length
      for (;;) {
        const next = await segments.read(log, from + count)
        const rest = next && cutFront(next.range, from + count)
        // Who signed two histories of one log gets them back apart.
        if (!rest || !rootsName(rest.roots).equals(after)) break
        size += sizeOf(rest.blocks)
        count += rest.blocks.length
        // Only what is signed at its end alone may be longer: a reader has all of it in memory.
        if (size > Math.min(max, MAX_RANGE_BYTES) || count > MAX_WHOLE_LENGTH) break
        ranges.push(rest)
        after = next.after
      }
      return joinRanges(ranges)
    })
  }

  wants({ key, spans }: LogHead): Promise<number | null> {
    return this.#use(null, async ({ logs }) => {
      const ours = logs.get(key.toString('hex'))
      if (!ours && logs.size >= MAX_MIRROR_LOGS) return null
      return firstMissing(ours?.spans() ?? [], spans)
    })
  }

  /** Checks a range and keeps it; `admits` has a say once it is known to prove itself. Errors: those of the disk. */
  store(range: LogRange, admits: Admits = () => true): Promise<Stored> {
    const hex = range.key.toString('hex')
    const store = (segments: SegmentStore): Promise<Stored> =>
      this.#turns.run(hex, () => this.#store(segments, range, admits))
    return this.#use<Stored>('refused', store)
  }

  /** Deletes a log. */
  dropLog(key: Buffer): Promise<void> {
    const hex = key.toString('hex')
    return this.#use(undefined, (segments) =>
      this.#turns.run(hex, async () => {
        const log = segments.logs.get(hex)
        if (!log) return
        await segments.drop(log, [...log.segments])
        this.#changed()
      }),
    )
  }

  /** What the holder keeps about it. */
  async about(): Promise<Buffer> {
    return (await this.#facts()).about
  }

  /** Keeps that; durable when it resolves. Errors: `TOO_LARGE`, `DISK_FULL`. */
  async setAbout(about: Buffer): Promise<void> {
    if (about.byteLength > MAX_ABOUT) {
      throw new PorchlightError(
        'TOO_LARGE',
        'Too much is to be kept about one mirror. What was kept before is unchanged.',
      )
    }
    await this.#change((facts) => ({ ...facts, about }))
  }

  async notes(): Promise<readonly Buffer[]> {
    return (await this.#facts()).notes
  }

  async note(statements: readonly Buffer[]): Promise<void> {
    const sound = statements.filter(({ byteLength }) => byteLength > 0 && byteLength <= MAX_NOTE)
    if (sound.length === 0) return
    const changed = await this.#change((facts) => {
      const notes = [...facts.notes]
      for (const statement of sound)
        if (notes.length < MAX_NOTES && !notes.some((note) => note.equals(statement)))
          notes.push(statement)
      return notes.length > facts.notes.length ? { ...facts, notes } : null
    })
    if (changed) this.#changed()
  }

  /** Those were written down by a member, or nobody will. */
  async dropNotes(statements: readonly Buffer[]): Promise<void> {
    await this.#change((facts) => {
      const notes = facts.notes.filter((note) => !statements.some((each) => each.equals(note)))
      return notes.length < facts.notes.length ? { ...facts, notes } : null
    })
  }

  async items(): Promise<readonly ItemName[]> {
    return (await this.#facts()).items
  }

  /** The items that are kept with it from now on, at most MAX_ITEMS. */
  async setItems(items: readonly ItemName[]): Promise<void> {
    await this.#change((facts) => ({ ...facts, items: items.slice(0, MAX_ITEMS) }))
    this.#changed()
  }

  watch(onchange: () => void): () => void {
    // Each its own, though one function were given twice.
    const watcher = (): void => onchange()
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  /** Gives back the memory of its index; false while it is in use. */
  rest(): boolean {
    if (this.busy || this.#working()) return false
    this.#segments = null
    return true
  }

  /** Ends what is under way. Nothing is read or written any more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#watchers.clear()
    await this.#turns.idle()
    await (await this.#segments?.catch(() => null))?.idle()
    this.#segments = null
  }

  /** Closes it and removes its files. It is withdrawn from the first on: when that is cut off, the rest goes at the next start. */
  async erase(): Promise<void> {
    await this.close()
    const { dir } = this
    await withdraw(dir).catch(() => {})
    for (const name of await readdir(dir).catch(() => []))
      if (segmentNumber(name) !== null) await rm(join(dir, name), { force: true })
    await rm(join(dir, 'items'), { recursive: true, force: true })
    await rm(dir, { recursive: true, force: true })
    await rmdir(dirname(dir)).catch(() => {})
    await syncDirectory(dirname(dir))
    this.#bytes = 0
  }

  async #store(segments: SegmentStore, range: LogRange, admits: Admits): Promise<Stored> {
    const after = proveRange(range)
    if (!after) return 'refused'
    const known = segments.logs.get(range.key.toString('hex'))
    if (!known && segments.logs.size >= MAX_MIRROR_LOGS) return 'full'
    const to = range.from + range.blocks.length
    const from = known?.end(range.from) ?? range.from
    const rest = from < to ? cutFront(range, from) : null
    if (!rest) return 'known'
    const names = { before: rootsName(rest.roots), after: rootsName(after) }
    // Its author signed two histories: the one that came first stays.
    if (known && !known.fits({ from: rest.from, to, ...names })) return 'refused'
    // Of a log in as many pieces as are kept, others of the mirror go on.
    if (known && !known.takes({ from: rest.from, to })) return 'refused'
    if (segments.full) return 'full'
    if (!admits(rest, sizeOf(rest.blocks) + OVERHEAD, !known)) return 'full'
    try {
      await segments.append(rest, names.after)
    } catch (error) {
      if (error instanceof PorchlightError && error.code === 'DISK_FULL') return 'full'
      throw error
    }
    this.#changed()
    return 'stored'
  }

  async #use<T>(nothing: T, work: (segments: SegmentStore) => Promise<T>): Promise<T> {
    if (this.#closed) return nothing
    this.#using++
    try {
      this.#options.onuse()
      this.#segments ??= this.#open()
      return await work(await this.#segments)
    } finally {
      this.#using--
    }
  }

  async #open(): Promise<SegmentStore> {
    const { dir, ready, logger, space } = this.#options
    const onbytes = (bytes: number): void => void (this.#bytes = bytes)
    try {
      await ready
      const segments = await SegmentStore.open({ dir, logger, space, onbytes })
      this.#working = () => segments.working
      return segments
    } catch (error) {
      this.#segments = null
      throw asDiskError(error)
    }
  }

  async #facts(): Promise<MirrorFacts> {
    const none = { kind: this.kind, ...NOTHING }
    return this.#closed ? none : ((await readFacts(this.dir)) ?? none)
  }

  /** Changes what is kept beside the logs; false when there was nothing to change. */
  #change(change: (facts: MirrorFacts) => MirrorFacts | null): Promise<boolean> {
    return this.#turns.run('', async () => {
      await this.#options.ready
      if (this.#closed) return false
      const changed = change(await this.#facts())
      if (!changed) return false
      const size = changed.about.byteLength + MAX_NOTE * MAX_NOTES + 64 * changed.items.length
      const written = await this.#options.space?.(size)
      try {
        await writeFacts(this.dir, changed)
      } catch (error) {
        throw asDiskError(error)
      } finally {
        written?.()
      }
      return true
    })
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher()
  }
}
