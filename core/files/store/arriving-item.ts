import { dirname } from 'node:path'
import type { PorchlightError } from '../../errors.ts'
import { asDiskError, diskFull } from '../../durability/disk-error.ts'
import { syncDirectory } from '../../durability/private-file.ts'
import { Job } from '../../job.ts'
import { Bitfield } from '../bitfield.ts'
import { HASH, SEAL, chunkCount, plainLength } from '../descriptor.ts'
import type { Unreadable } from '../held.ts'
import type { Outcome } from '../work/chunk-work.ts'
import { Checkpoints } from './checkpoints.ts'
import { each } from './each.ts'
import { lostHere, notStored, tooEarly } from './item-errors.ts'
import { disk, isManifest } from './item-files.ts'
import type { ItemFiles } from './item-files.ts'
import type { ItemRecord } from './item-record.ts'
import { ProgressLog } from './progress-log.ts'
import { StoredItem } from './stored-item.ts'
import { storeTrouble, writeTrouble } from './trouble.ts'
import type { Trouble } from './trouble.ts'

const SYNCS_AT_ONCE = 2

/** An item whose chunks arrive: they are written to their place, and its progress outlives every end of the process. */
export abstract class ArrivingItem extends StoredItem {
  readonly #have: Bitfield
  readonly #progress: ProgressLog
  protected readonly checkpoints: Checkpoints
  readonly #finishing = new Job(() => this.#finish())

  constructor(record: ItemRecord, files: ItemFiles) {
    super(record, files)
    const chunks = chunkCount(record)
    const { clock, logger } = files.context
    this.#have = record.complete ? Bitfield.full(chunks) : new Bitfield(chunks)
    this.#progress = new ProgressLog(files.progressPath, chunks)
    this.checkpoints = new Checkpoints({
      clock,
      logger,
      gate: this.gate,
      progress: this.#progress,
      place: () => this.place,
      have: () => this.#have,
      passing: () => this.passing(),
      saveRecord: () => files.saveRecord(record),
      isLost: () => this.#isLost,
      ongone: () => this.lose('gone'),
    })
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
      await this.discard()
      throw error
    }
  }

  /** Goes on with what an earlier run left: what was not synced is compared with the manifest. */
  async load(): Promise<void> {
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
    this.checkpoints.wroteFile(this.files.manifestPath)
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
          this.checkpoints.wroteTo(job.pieces)
          isNew = this.#wrote(index)
        }
        return written
      } finally {
        done?.()
      }
    })
    if (outcome === 'mismatch') return false
    if (outcome !== 'ok') throw this.#troubled(writeTrouble(outcome))
    if (!isNew) return true
    // Removed in the meantime.
    this.assertOpen()
    if (this.problem === 'disk-full' || this.problem === 'not-stored') this.setProblem(null)
    await this.#guarded(() => this.learn(index))
    this.emit('gained', index)
    if (this.#have.isFull) void this.#finishing.wake()
    else this.checkpoints.soon()
    return true
  }

  async look(): Promise<void> {
    this.assertOpen()
    if (this.#isLost) return void (await this.#comeBack())
    // Not while it is given another name.
    const stands = await this.gate.run(() => this.placeStands())
    if (!stands && (this.record.laid || this.complete)) this.lose('gone')
  }

  async retry(): Promise<void> {
    this.assertOpen()
    if (this.#isLost && !(await this.#comeBack())) await this.#startOver()
    this.setProblem(null)
    await this.#guarded(() => this.loadLayout())
    if (!this.#have.isFull || this.complete) return
    await this.#finishing.wake()
    if (this.problem === 'disk-full') throw diskFull()
    if (this.problem === 'not-stored') throw notStored()
  }

  override async close(): Promise<void> {
    if (this.closed) return
    await super.close()
    await this.#finishing.running
    if (this.record.complete) await this.checkpoints.stop()
    else await this.checkpoints.close()
    await this.#progress.close()
    await this.files.saved()
  }

  async discard(): Promise<void> {
    await super.close()
    await this.#finishing.running
    await this.checkpoints.stop()
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

  /** The same, down to each file of a folder. */
  protected allStands(): Promise<boolean> {
    return this.placeStands()
  }

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

  /** A chunk that is here but goes elsewhere yet: a checkpoint does not make it one to trust. Null for none. */
  protected passing(): number | null {
    return null
  }

  /** Frees what stands at its place, as far as it is the store's. */
  protected abstract removePlace(): Promise<void>

  /** True when a chunk that went bad may be written again where it stands. */
  protected abstract mendable(): boolean

  protected override meaning(outcome: Outcome): Unreadable | null {
    // A disk that can not read a sector may well be able to write it.
    if (outcome === 'EIO' && this.mendable()) return 'changed'
    return super.meaning(outcome)
  }

  protected unreadable(why: Unreadable, index: number): void {
    if (why === 'gone' || !this.mendable()) return this.lose(why)
    this.#have.clear(index)
    this.#incomplete()
    this.checkpoints.lost()
    this.emit('lost')
  }

  /**
   * What was here is not, or is others' doing now: nothing of it is given out or written to. What is `gone` may come
   * back, as a disk does that was taken out: it is noted nowhere, so that a start finds what there is.
   */
  protected lose(why: Unreadable): void {
    if (this.#isLost) return
    this.#clear()
    if (why === 'changed') {
      this.record.lost = true
      this.#incomplete()
      // A record that is not written now is found wrong at the next start as it was now.
      this.files.saveRecord(this.record).catch(() => {})
    }
    this.setComplete(false)
    this.setProblem('lost-here')
    this.emit('lost')
  }

  get #isLost(): boolean {
    return this.problem === 'lost-here'
  }

  #clear(): void {
    for (let index = 0; index < this.#have.length; index++) this.#have.clear(index)
  }

  #trust(synced: Bitfield): void {
    for (let index = 0; index < synced.length; index++) if (synced.has(index)) this.#have.set(index)
  }

  #incomplete(): void {
    this.setComplete(false)
    this.record.complete = false
  }

  /** True when what was gone is there again, and is gone on with. */
  async #comeBack(): Promise<boolean> {
    if (this.record.lost || !(await this.gate.run(() => this.allStands()))) return false
    this.setProblem(null)
    if (this.record.complete) {
      // Each chunk is compared anew before it leaves.
      for (let index = 0; index < this.#have.length; index++) this.#have.set(index)
      this.setComplete(true)
    } else await this.#guarded(() => this.#goOn())
    this.emit('gained', 0)
    return true
  }

  async #goOn(): Promise<void> {
    const { record } = this
    if (record.lost) return this.setProblem('lost-here')
    const stands = await this.placeStands()
    if (record.complete) {
      if (!stands) this.lose('gone')
      return
    }
    const progress = await this.#progress.load()
    if (!stands) {
      // Its name never got on the disk, so nothing is missing but what nobody has seen.
      const isNew = !record.laid || (progress?.synced.count ?? 0) === 0
      if (isNew) await this.#startOver().catch(() => this.lose('gone'))
      else this.lose('gone')
      return
    }
    if (progress) this.#trust(progress.synced)
    await this.loadLayout()
    const written = progress?.written ?? []
    await each(written, async (index) => {
      if (index < this.usable && (await this.#isRight(index))) this.#have.set(index)
    })
    await this.loadLayout()
    // What nothing was written of stays as it is: there may be thousands.
    if (written.length > 0) await this.#progress.checkpoint(this.#have, this.#progress.mark)
    if (this.#have.isFull) await this.#finishing.wake()
  }

  /** Runs what writes; what keeps it from being stored is the item's problem until a write succeeds. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.#troubled(storeTrouble(error, this.problem))
    }
  }

  #troubled({ problem, error }: Trouble): PorchlightError {
    if (problem === 'lost-here') this.lose('gone')
    else if (problem && !this.closed) this.setProblem(problem)
    return error
  }

  /** False when another write of the chunk was quicker. */
  #wrote(index: number): boolean {
    if (!this.#have.set(index)) return false
    this.checkpoints.wrote(index, plainLength(this.descriptor, index))
    return true
  }

  /**
   * Gives it its name, then tells of it; that all of it is on the disk, and the record that says so, come right after.
   * A power cut in between costs nothing but time: what was not synced is compared with the manifest at the next start.
   */
  async #finish(): Promise<void> {
    if (this.closed || !this.#have.isFull) return
    try {
      if (!this.complete) {
        await this.#guarded(() =>
          this.gate.alone(async () => {
            this.assertOpen()
            await this.settle()
          }),
        )
        if (!this.complete) return
        this.emit('complete')
      }
      await this.checkpoints.running
      await this.checkpoints.sync()
      await this.gate.run(() => each(this.directories(), syncDirectory, SYNCS_AT_ONCE))
      if (!this.complete) return
      this.record.complete = true
      await this.files.saveRecord(this.record)
      if (this.record.complete) await this.#progress.remove()
    } catch (error) {
      const { code } = asDiskError(error)
      if (code !== 'CLOSED') this.files.context.logger.warn('files: not finished', { code })
    }
  }

  /** What others took is begun anew, at a place of its own. */
  async #startOver(): Promise<void> {
    await this.#progress.remove()
    this.#incomplete()
    await this.gate.alone(() => disk(() => this.layPlace()))
    this.record.lost = false
    await this.files.saveRecord(this.record)
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
