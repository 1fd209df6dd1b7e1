import { open } from 'node:fs/promises'
import { PorchlightError } from '../../errors.ts'
import { asDiskError, diskFull } from '../../durability/disk-error.ts'
import { Job } from '../../job.ts'
import type { Timer } from '../../clock.ts'
import { Bitfield } from '../bitfield.ts'
import { HASH, SEAL, chunkCount, plainLength } from '../descriptor.ts'
import type { Unreadable } from '../held.ts'
import type { Outcome } from '../work/chunk-work.ts'
import { disk, isManifest } from './item-files.ts'
import type { ItemFiles } from './item-files.ts'
import type { ItemRecord } from './item-record.ts'
import { ProgressLog } from './progress-log.ts'
import { StoredItem } from './stored-item.ts'

/** What may be lost to a crash at most: it is looked at again then, so a checkpoint costs more than it spares. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024
const CHECKPOINT_EVERY = 5_000

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
    this.#progress = new ProgressLog(files.progressPath)
  }

  get have(): Bitfield {
    return this.#have
  }

  /** Makes its place, for one that is new. Errors: `EXISTS`, `NOT_FOUND`, `DISK_FULL`. */
  async begin(): Promise<void> {
    await disk(() => this.layPlace())
    await this.files.saveRecord(this.record)
    await disk(() => this.#progress.checkpoint(this.#have, 0))
  }

  /** Goes on with what an earlier run left: what was not synced is compared with the manifest. */
  async load(): Promise<void> {
    if (this.record.complete) return
    if (!(await this.placeStands())) {
      if (this.record.laid) this.setProblem('lost-here')
      return
    }
    const progress = await this.#progress.load(this.#have.length)
    for (let index = 0; index < this.#have.length; index++) {
      if (progress?.synced.has(index)) this.#have.set(index)
    }
    await this.loadLayout()
    for (const index of progress?.written ?? []) {
      if (index < this.usable && (await this.#isRight(index))) this.#have.set(index)
    }
    await this.#progress.checkpoint(this.#have, 0).catch(() => {})
    await this.look()
    if (this.#have.isFull) await this.#finishing.wake()
  }

  async takeManifest(manifest: Buffer): Promise<boolean> {
    this.assertOpen()
    if (this.manifest) return true
    if (!isManifest(this.descriptor, manifest)) return false
    await this.#guarded(async () => {
      await this.files.context.space(manifest.byteLength)
      await this.files.saveManifest(manifest)
    })
    this.emit('manifest')
    return true
  }

  async write(index: number, sealed: Buffer): Promise<boolean> {
    const { work, context } = this.files
    const outcome = await this.gate.run(async () => {
      this.assertOpen()
      if (this.#have.has(index)) {
        work.release(sealed)
        return 'have'
      }
      const { manifest } = this
      if (!manifest || index >= this.usable) throw tooEarly()
      await this.#guarded(() => context.space(sealed.byteLength))
      if (this.problem === 'lost-here') throw lostHere()
      const job = this.job(index, manifest)
      const written = await work.write(job, sealed)
      if (written === 'ok')
        for (const piece of job.pieces) if ('path' in piece) this.#dirty.add(piece.path)
      return written
    })
    if (outcome === 'have') return true
    if (outcome === 'mismatch') return false
    if (outcome !== 'ok') throw this.#failed(outcome)
    // Removed, or lost to others, in the meantime.
    if (this.closed) this.assertOpen()
    await this.#wrote(index)
    return true
  }

  async look(): Promise<void> {
    if (await this.placeStands()) return
    if (this.record.laid || this.record.complete) this.lose()
  }

  async retry(): Promise<void> {
    this.assertOpen()
    if (this.problem === 'lost-here') await this.#startOver()
    this.setProblem(null)
    await this.#guarded(() => this.loadLayout())
    if (this.#have.isFull && !this.record.complete) {
      await this.#finishing.wake()
      if (this.problem === 'disk-full') throw diskFull()
    }
  }

  override async close(): Promise<void> {
    if (this.closed) return
    await super.close()
    this.#timer?.cancel()
    await this.#finishing.running
    if (!this.record.complete) await this.#checkpoints.wake()
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

  /** Makes the place itself. */
  protected abstract layPlace(): Promise<void>

  /** True while what was made, or completed, is still there. */
  protected abstract placeStands(): Promise<boolean>

  /** Looks for what of the layout is here. */
  protected abstract loadLayout(): Promise<void>

  /** A chunk is here: what it makes known is laid out. Before anybody is told. */
  protected abstract learn(index: number): Promise<void>

  /** Everything is on the disk: gives it its name. Alone at the place. */
  protected abstract settle(): Promise<void>

  /** Frees what stands at its place, as far as it is the store's. */
  protected abstract removePlace(): Promise<void>

  /** True when a chunk that went bad may be written again where it stands. */
  protected abstract mendable(): boolean

  protected unreadable(why: Unreadable, index: number): void {
    if (why === 'gone' || !this.mendable()) return this.lose()
    this.#have.clear(index)
    this.record.complete = false
    this.#note()
    this.emit('lost')
  }

  /** What was here is others' doing now: nothing of it is given out or written to. */
  protected lose(): void {
    if (this.problem === 'lost-here') return
    for (let index = 0; index < this.#have.length; index++) this.#have.clear(index)
    this.record.complete = false
    this.setProblem('lost-here')
    this.#note()
    this.emit('lost')
  }

  /** Marks files to be synced before the item's next checkpoint. */
  protected wroteTo(paths: Iterable<string>): void {
    for (const path of paths) this.#dirty.add(path)
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

  async #wrote(index: number): Promise<void> {
    if (this.problem === 'disk-full') this.setProblem(null)
    this.#progress.note(index)
    this.#unsynced += plainLength(this.descriptor, index)
    if (!this.#have.has(index)) {
      this.#have.set(index)
      await this.#guarded(() => this.learn(index))
      this.emit('gained', index)
    }
    if (this.#have.isFull) return void this.#finishing.wake()
    if (this.#unsynced >= CHECKPOINT_BYTES) void this.#checkpoints.wake()
    else
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
      for (const path of dirty) await syncFile(path)
      await this.#progress.checkpoint(snapshot, mark)
    } catch (error) {
      for (const path of dirty) this.#dirty.add(path)
      this.#unsynced += unsynced
      throw error
    }
  }

  async #finish(): Promise<void> {
    if (this.closed || this.record.complete || !this.#have.isFull) return
    try {
      await this.#checkpoints.running
      await this.#guarded(() => this.#sync())
      await this.gate.alone(async () => {
        this.assertOpen()
        await this.#guarded(() => this.settle())
      })
      await this.#progress.remove()
    } catch (error) {
      const { code } = asDiskError(error)
      if (code !== 'CLOSED') this.files.context.logger.warn('files: not completed', { code })
      return
    }
    this.emit('complete')
  }

  /** What others took is begun anew, at a place of its own. */
  async #startOver(): Promise<void> {
    this.#have = new Bitfield(this.#have.length)
    this.record.complete = false
    await this.gate.alone(() => disk(() => this.layPlace()))
    await this.files.saveRecord(this.record)
    await disk(() => this.#progress.checkpoint(this.#have, this.#progress.mark))
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
    const { hashes } = await this.files.work.hash({ pieces, key, from: index, lengths: [length] })
    return hashes !== null && hashes.subarray(0, HASH).equals(hash)
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

function tooEarly(): PorchlightError {
  return new PorchlightError('WAITING', 'What this part of the item needs is not here yet.')
}

function lostHere(): PorchlightError {
  return new PorchlightError(
    'CHANGED',
    'What had arrived of this file was moved or deleted by another program. Nothing else was changed; fetch it again.',
  )
}
