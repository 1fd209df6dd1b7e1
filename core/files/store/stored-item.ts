import { EventEmitter } from 'node:events'
import { PorchlightError } from '../../errors.ts'
import type { FileReason } from '../api.ts'
import type { Bitfield } from '../bitfield.ts'
import { HASH, SEAL, chunkCount, plainLength } from '../descriptor.ts'
import type { Descriptor, ItemRef } from '../descriptor.ts'
import type { Held, HeldEvents, SealedChunk, Unreadable } from '../held.ts'
import type { ChunkJob, Outcome, Piece } from '../work/chunk-work.ts'
import { Gate } from './gate.ts'
import { busy } from './item-errors.ts'
import type { ItemFiles } from './item-files.ts'
import type { ItemRecord } from './item-record.ts'
import { SealTags } from './seal-tags.ts'
import type { Entry, Layout } from './layout.ts'
import { readPieces } from './piece-io.ts'

/** Bytes of a file that are read at once for whoever looks at it. */
const SLICE = 256 * 1024

/** What a person or a policy decided about an item, and when it was used; written by `save`. */
export interface ItemMeta {
  paused: boolean
  /** Somebody asked for it. */
  asked: boolean
  /** Wall-clock ms. */
  readonly addedAt: number
  /** When it was opened last; 0 for never. */
  usedAt: number
}

/** An item of the store: shared in place, received, or held as ciphertext. */
export abstract class StoredItem extends EventEmitter<HeldEvents> implements Held {
  abstract readonly kind: 'shared' | 'received' | 'held'
  readonly descriptor: Descriptor
  /** What opens it; null for one that is held for others. */
  readonly ref: ItemRef | null
  readonly meta: ItemMeta
  abstract readonly have: Bitfield
  protected readonly record: ItemRecord
  protected readonly files: ItemFiles
  protected readonly gate = new Gate()
  /** The record says so only once all of it is on the disk. */
  #complete: boolean
  readonly #tags: SealTags
  #problem: FileReason | null = null
  #outError: PorchlightError | null = null
  #closed = false

  constructor(
    record: ItemRecord,
    files: ItemFiles,
    tags: SealTags = new SealTags(chunkCount(record)),
  ) {
    super()
    this.#tags = tags
    this.setMaxListeners(0)
    this.record = record
    this.files = files
    const { root, size, chunk, key, contents } = record
    this.descriptor = { root, size, chunk }
    this.ref = key && { root, size, chunk, key, contents }
    const { paused, asked, addedAt, usedAt } = record
    this.#complete = record.complete
    this.meta = { paused, asked, addedAt, usedAt }
  }

  get rootHex(): string {
    return this.files.rootHex
  }

  /** The id of the room in which it was offered. */
  get room(): string {
    return this.record.room
  }

  get name(): string {
    return this.record.name
  }

  /** All of it is here, verified and under its name. */
  get complete(): boolean {
    return this.#complete
  }

  /** Why it can not be given out or go on; null while it can. */
  get problem(): FileReason | null {
    return this.#problem
  }

  /** Why it is complete but not where a person wanted it, since it was last to be put somewhere; null when it is. */
  get outError(): PorchlightError | null {
    return this.#outError
  }

  /** Where it is: what is shared, or is complete; null otherwise. */
  get path(): string | null {
    return this.#complete && this.ref ? this.place : null
  }

  get manifest(): Buffer | null {
    return this.files.manifest(this.descriptor)
  }

  get usable(): number {
    return this.have.length
  }

  /** Its files; null for a folder whose table of contents is not here, and for ciphertext. */
  entries(): readonly Entry[] | null {
    return this.layout()?.entries ?? null
  }

  /** The chunks [from, to) that hold bytes [start, end) of a file; `entry` is null for one that is no folder. */
  chunksOf(entry: string | null, start: number, end: number): { from: number; to: number } {
    const { chunk } = this.descriptor
    const { from, to } = this.#layoutForReading().stretch(entry, start, end)
    return { from: Math.floor(from / chunk), to: Math.ceil(to / chunk) }
  }

  /**
   * Plain bytes of a file, as they stand at its place. Errors: `NOT_FOUND` when a chunk of it is not here, `CLOSED` when
   * the item was closed or removed.
   */
  async *readPlain(
    entry: string | null,
    start: number,
    end: number,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<Buffer> {
    const layout = this.#layoutForReading()
    const { from, to } = layout.stretch(entry, start, end)
    for (let at = from; at < to;) {
      signal?.throwIfAborted()
      const stop = Math.min(to, at + SLICE)
      const bytes = await this.gate.run(async () => {
        this.assertOpen()
        this.#assertHere(at, stop)
        return readPieces(layout.pieces(this.place, at, stop), stop - at)
      })
      at = stop
      yield bytes
    }
  }

  async read(index: number): Promise<SealedChunk | Unreadable> {
    const result = await this.gate.run(async () => {
      this.assertOpen()
      if (!this.have.has(index) || !this.manifest) return null
      const tag = this.#tags.of(index)
      return this.files.work.read({ ...this.job(index, this.manifest), tag })
    })
    if (!result) return 'gone'
    const { outcome, sealed } = result
    if (sealed) {
      this.#tags.note(index, sealed)
      let given = false
      const release = (): void => {
        if (!given) this.files.work.release(sealed)
        given = true
      }
      return { bytes: sealed, release }
    }
    const why = this.meaning(outcome)
    if (why === null) throw busy(outcome)
    this.unreadable(why, index)
    return why
  }

  buffer(bytes: number): Buffer {
    return this.files.work.buffer(bytes)
  }

  abstract takeManifest(manifest: Buffer): Promise<boolean>
  abstract write(index: number, sealed: Buffer): Promise<boolean>

  /** Looks whether what should be here still is; what is not leaves `have`. */
  abstract look(): Promise<void>

  /** Tries again what a problem stopped. */
  abstract retry(): Promise<void>

  /** Bytes that it takes of the store's directory, as the disk counts them. */
  abstract diskBytes(): Promise<number>

  /** Puts it where a person wants it, or will once it is complete. Returns where. Errors: `EXISTS`, `DISK_FULL`. */
  abstract moveTo(out: string): Promise<string>

  /** Writes `meta`. Errors: `DISK_FULL`. */
  async save(): Promise<void> {
    const { paused, asked, usedAt } = this.meta
    Object.assign(this.record, { paused, asked, usedAt })
    if (!this.#closed) await this.files.saveRecord(this.record)
  }

  /** As `ItemStore.remove`. */
  remove(): Promise<void> {
    return this.files.onremove(this)
  }

  /** Ends the item and frees what it takes. For the store alone, which does one thing at a time with each root. */
  abstract discard(): Promise<void>

  /** Writes what is to be known at the next start, and lets go of it. */
  async close(): Promise<void> {
    this.#closed = true
    await this.gate.alone(() => Promise.resolve())
  }

  protected get closed(): boolean {
    return this.#closed
  }

  protected setComplete(complete: boolean): void {
    this.#complete = complete
  }

  protected setOutError(error: PorchlightError | null): void {
    this.#outError = error
  }

  protected get place(): string {
    return this.files.absolute(this.record)
  }

  /** Which bytes stand where; null while that is not known. */
  protected abstract layout(): Layout | null

  /** What stands where of a chunk. */
  protected abstract pieces(index: number): Piece[]

  /** What an outcome of reading means; null when it may do better the next time, as with most errors of a disk. */
  protected meaning(outcome: Outcome): Unreadable | null {
    if (outcome === 'mismatch' || outcome === 'short') return 'changed'
    return isGone(outcome) ? 'gone' : null
  }

  /** A chunk could not be read. */
  protected abstract unreadable(why: Unreadable, index: number): void

  protected job(index: number, manifest: Buffer): ChunkJob {
    return {
      pieces: this.pieces(index),
      key: this.record.key,
      index,
      length: plainLength(this.descriptor, index) + SEAL,
      hash: manifest.subarray(index * HASH, (index + 1) * HASH),
    }
  }

  protected setProblem(problem: FileReason | null): void {
    if (this.#problem === problem) return
    this.#problem = problem
    this.emit('problem')
  }

  protected assertOpen(): void {
    if (this.#closed) throw new PorchlightError('CLOSED', 'This file is not held here any more.')
  }

  #layoutForReading(): Layout {
    const layout = this.layout()
    if (layout) return layout
    throw new PorchlightError(
      'NOT_FOUND',
      'What is in this folder is not known here yet. It can be read once its beginning has arrived.',
    )
  }

  #assertHere(start: number, end: number): void {
    const { chunk } = this.descriptor
    for (let index = Math.floor(start / chunk); index * chunk < end; index++) {
      if (this.have.has(index)) continue
      throw new PorchlightError(
        'NOT_FOUND',
        'These bytes of the file are not here yet. What has arrived is safe; fetch the file first.',
      )
    }
  }
}

const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])

/** True for an outcome that says that a file is not there, or something else is. */
export function isGone(outcome: Outcome): boolean {
  return GONE.has(outcome)
}
