import { open } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import type { PorchlightError } from '../../errors.ts'
import { asDiskError, diskFull } from '../../durability/disk-error.ts'
import { syncDirectory } from '../../durability/private-file.ts'
import { Job } from '../../job.ts'
import type { Timer } from '../../clock.ts'
import { Bitfield } from '../bitfield.ts'
import { HASH, SEAL, chunkCount, plainLength } from '../descriptor.ts'
import type { Unreadable } from '../held.ts'
import type { Outcome, Piece } from '../work/chunk-work.ts'
import { each } from './each.ts'
import { damaged, lostHere, tooEarly } from './item-errors.ts'
import { disk, isManifest } from './item-files.ts'
import type { ItemFiles } from './item-files.ts'
import type { ItemRecord } from './item-record.ts'
import { ProgressLog } from './progress-log.ts'
import { StoredItem } from './stored-item.ts'

/** What may be lost to a crash at most: it is looked at again then, so a checkpoint costs more than it spares. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024
const CHECKPOINT_EVERY = 5_000
const SYNCS_AT_ONCE = 2

/** An item whose chunks arrive: they are written to their place, and its progress outlives every end of the process. */
export abstract class ArrivingItem extends StoredItem {
  #have: Bitfield
  readonly #progress: ProgressLog
  readonly #checkpoints = new Job(() => this.#checkpoint())
  readonly #finishing = new Job(() => this.#finish())
  #timer: Timer | null = null
  #unsynced = 0
  /** Files that were written to since they were last synced. */
  #dirty = new Set<string>()

  constructor(record: ItemRecord, files: ItemFiles) {
    super(record, files)
    const chunks = chunkCount(record)
    this.#have = record.complete ? Bitfield.full(chunks) : new Bitfield(chunks)
    this.#progress = new ProgressLog(files.progressPath, chunks)
  }

  get have(): Bitfield {
    return this.#have
  }

  /** Makes its place, for one that is new. Errors: `EXISTS`, `NOT_FOUND`, `DISK_FULL`. */
  async begin(): Promise<void> {
    await disk(() => this.layPlace())
    try {
      await this.files.saveRecord(this.record)
    } catch (error) {
      await this.remove()
      throw error
    }
  }

  /** Goes on with what an earlier run left: what was not synced is compared with the manifest. */
  async load(): Promise<void> {
    if (this.record.complete) return
    try {
      await this.#guarded(() => this.#goOn())
    } catch (error) {
      this.files.context.logger.warn('files: not gone on with', { code: asDiskError(error).code })
    }
  }

  async takeManifest(manifest: Buffer): Promise<boolean> {
    this.assertOpen()
    if (this.manifest) return true
    if (!isManifest(this.descriptor, manifest)) return false
    await this.#guarded(async () => {
      const written = await this.files.context.space(manifest.byteLength)
      await this.files.putManifest(manifest).finally(() => written?.())
    })
    this.#dirty.add(this.files.manifestPath)
    this.emit('manifest')
    return true
  }

  async write(index: number, sealed: Buffer): Promise<boolean> {
    const { work, context } = this.files
    let isNew = false
    const outcome = await this.gate.run(async () => {
      this.assertOpen()
      if (this.#have.has(index)) {
        work.release(sealed)
        return 'ok'
      }
      const { manifest } = this
      if (!manifest || index >= this.usable) throw tooEarly()
      if (this.#isLost) throw lostHere()
      const done = await this.#guarded(() => context.space(sealed.byteLength))
      try {
        const job = this.job(index, manifest)
        const written = await work.write(job, sealed)
        if (written === 'ok' && !this.#isLost) {
          this.wroteTo(job.pieces)
          isNew = this.#wrote(index)
        }
        return written
      } finally {
        done?.()
      }
    })
    if (outcome === 'mismatch') return false
    if (outcome !== 'ok') throw this.#failed(outcome)
    if (!isNew) return true
    // Removed in the meantime.
    this.assertOpen()
    if (this.problem === 'disk-full') this.setProblem(null)
    await this.#guarded(() => this.learn(index))
    this.emit('gained', index)
    this.#keep()
    return true
  }

  async look(): Promise<void> {
    if (await this.placeStands()) return
    if (this.record.laid || this.complete) this.lose()
  }

  async retry(): Promise<void> {
    this.assertOpen()
    if (this.#isLost) await this.#startOver()
    this.setProblem(null)
    await this.#guarded(() => this.loadLayout())
    if (this.#have.isFull && !this.complete) {
      await this.#finishing.wake()
      if (this.problem === 'disk-full') throw diskFull()
    }
  }

  override async close(): Promise<void> {
    if (this.closed) return
    await super.close()
    this.#timer?.cancel()
    await this.#finishing.running
    if (!this.complete) await this.#checkpoints.wake()
    await this.#progress.close()
  }

  async remove(): Promise<void> {
    await super.close()
    this.#timer?.cancel()
    await this.#finishing.running
    await this.#checkpoints.running
    await this.#progress.remove()
    await this.files.remove()
    await this.removePlace()
  }

  /** Resolves once what is complete is on the disk as well. */
  protected async settled(): Promise<void> {
    await this.#finishing.running
  }

  /** Makes the place itself. */
  protected abstract layPlace(): Promise<void>

  /** True while what was made, or completed, is still there. */
  protected abstract placeStands(): Promise<boolean>

  /** Looks for what of the layout is here. */
  protected abstract loadLayout(): Promise<void>

  /** A chunk is here: what it makes known is laid out. Before anybody is told. */
  protected abstract learn(index: number): Promise<void>

  /** Everything is here: gives it its name and makes the record complete, unsaved. Alone at the place. */
  protected abstract settle(): Promise<void>

  /** Directories whose names are to be on the disk once it is complete. */
  protected directories(): Iterable<string> {
    return [dirname(this.place)]
  }

  /** Frees what stands at its place, as far as it is the store's. */
  protected abstract removePlace(): Promise<void>

  /** True when a chunk that went bad may be written again where it stands. */
  protected abstract mendable(): boolean

  protected unreadable(why: Unreadable, index: number): void {
    if (why === 'gone' || !this.mendable()) return this.lose()
    this.#have.clear(index)
    this.setComplete(false)
    this.#note()
    this.emit('lost')
  }

  /** What was here is others' doing now: nothing of it is given out or written to. */
  protected lose(): void {
    if (this.#isLost) return
    for (let index = 0; index < this.#have.length; index++) this.#have.clear(index)
    this.setComplete(false)
    this.setProblem('lost-here')
    this.#note()
    this.emit('lost')
  }

  /** Marks files to be synced before the item's next checkpoint. */
  protected wroteTo(pieces: readonly Piece[]): void {
    const { place } = this
    for (const piece of pieces) {
      if (!('path' in piece)) continue
      const { path } = piece
      // Below the place they are known by where they are in it: it may get another name before.
      this.#dirty.add(path.startsWith(place) ? relative(place, path) : path)
    }
  }

  get #isLost(): boolean {
    return this.problem === 'lost-here'
  }

  async #goOn(): Promise<void> {
    if (!(await this.placeStands())) {
      if (this.record.laid) this.setProblem('lost-here')
      return
    }
    const progress = await this.#progress.load()
    if (progress) this.#have = progress.synced
    await this.loadLayout()
    await each(progress?.written ?? [], async (index) => {
      if (index < this.usable && (await this.#isRight(index))) this.#have.set(index)
    })
    await this.loadLayout()
    await this.#progress.checkpoint(this.#have, 0)
    if (this.#have.isFull) await this.#finishing.wake()
  }

  /** Runs what writes; a full disk becomes the item's problem until a write succeeds. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const known = asDiskError(error)
      if (known.code === 'DISK_FULL') this.setProblem('disk-full')
      throw known
    }
  }

  #failed(outcome: Outcome): PorchlightError {
    // Its hash is right, so who sent it is not to blame, but whoever named the key.
    if (outcome === 'sealed') {
      this.setProblem('damaged')
      return damaged()
    }
    if (
      outcome === 'ENOENT' ||
      outcome === 'ENOTDIR' ||
      outcome === 'ELOOP' ||
      outcome === 'short'
    ) {
      this.lose()
      return lostHere()
    }
    const error = asDiskError(Object.assign(new Error(outcome), { code: outcome }))
    if (error.code === 'DISK_FULL') this.setProblem('disk-full')
    return error
  }

  /** False when another write of the chunk was quicker. */
  #wrote(index: number): boolean {
    if (!this.#have.set(index)) return false
    this.#progress.note(index)
    this.#unsynced += plainLength(this.descriptor, index)
    return true
  }

  /** Sees to it that what was written gets on the disk. */
  #keep(): void {
    if (this.#have.isFull) return void this.#finishing.wake()
    if (this.#unsynced >= CHECKPOINT_BYTES) return void this.#checkpoints.wake()
    this.#timer ??= this.files.context.clock.after(CHECKPOINT_EVERY, () => {
      this.#timer = null
      if (!this.closed) void this.#checkpoints.wake()
    })
  }

  async #checkpoint(): Promise<void> {
    try {
      await this.#sync()
    } catch (error) {
      this.files.context.logger.warn('files: checkpoint failed', { code: asDiskError(error).code })
    }
  }

  async #sync(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = null
    const { mark } = this.#progress
    const snapshot = Bitfield.from(this.#have.length, this.#have.bytes())!
    const dirty = this.#dirty
    const unsynced = this.#unsynced
    this.#dirty = new Set()
    this.#unsynced = 0
    try {
      const sync = (path: string): Promise<void> =>
        this.gate.run(() => syncFile(isAbsolute(path) ? path : join(this.place, path)))
      await each(dirty, sync, SYNCS_AT_ONCE)
      await this.#progress.checkpoint(snapshot, mark)
    } catch (error) {
      for (const path of dirty) this.#dirty.add(path)
      this.#unsynced += unsynced
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        this.lose()
        throw lostHere()
      }
      throw error
    }
  }

  /**
   * Gives it its name, then tells of it; that all of it is on the disk, and the record that says so, come right after.
   * A power cut in between costs nothing but time: what was not synced is compared with the manifest at the next start.
   */
  async #finish(): Promise<void> {
    if (this.closed || !this.#have.isFull) return
    try {
      if (!this.complete) {
        await this.gate.alone(async () => {
          this.assertOpen()
          await this.#guarded(() => this.settle())
        })
        if (!this.complete) return
        this.emit('complete')
      }
      await this.#checkpoints.running
      await this.#sync()
      await this.gate.run(() => each(this.directories(), syncDirectory, SYNCS_AT_ONCE))
      if (!this.complete) return
      this.record.complete = true
      await this.files.saveRecord(this.record)
      await this.#progress.remove()
    } catch (error) {
      const { code } = asDiskError(error)
      if (code !== 'CLOSED') this.files.context.logger.warn('files: not finished', { code })
    }
  }

  /** What others took is begun anew, at a place of its own. */
  async #startOver(): Promise<void> {
    await this.#progress.remove()
    await this.gate.alone(() => disk(() => this.layPlace()))
    await this.files.saveRecord(this.record)
  }

  /** A record that is not written now is found wrong at the next start as it was now. */
  #note(): void {
    const { have } = this
    const noted = this.files
      .saveRecord(this.record)
      .then(() => this.#progress.checkpoint(have, this.#progress.mark))
    void noted.catch(() => {})
  }

  async #isRight(index: number): Promise<boolean> {
    const { manifest } = this
    if (!manifest) return false
    const { pieces, key, hash } = this.job(index, manifest)
    const length = plainLength(this.descriptor, index) + (key ? 0 : SEAL)
    const { marks } = await this.files.work.hash({ pieces, key, from: index, lengths: [length] })
    return marks !== null && marks.subarray(0, HASH).equals(hash)
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.datasync()
  } finally {
    await file.close()
  }
}
