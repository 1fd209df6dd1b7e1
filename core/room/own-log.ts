import type { Clock } from '../clock.ts'
import { asDiskError } from '../durability/disk-error.ts'
import type { WriteAhead } from '../durability/journal.ts'
import { PorchlightError } from '../errors.ts'
import { Job } from '../job.ts'
import type { Random } from '../random.ts'
import type { ContentLog } from './content-log.ts'
import { sealRecord } from './record.ts'
import type { Head } from './record.ts'

/** Every so many records, or bytes, a record carries the log's signature: a place where a range can end. */
const CHECKPOINT_RECORDS = 1024
const CHECKPOINT_BYTES = 1024 * 1024
const BATCH = 256

export interface OwnLogOptions {
  readonly room: Buffer
  readonly journal: WriteAhead
  readonly epoch: () => { id: number; key: Buffer }
  /** What this device has seen since it last wrote. */
  readonly heads: () => Head[]
  /** They stand in a record that is written. */
  readonly ondeclared: (heads: readonly Head[]) => void
  readonly clock: Clock
  readonly random: Random
}

/** Where a record stands, and the wall-clock ms that it carries. */
export interface Written {
  readonly seq: number
  readonly sentAt: number
  /** Bytes of its block. */
  readonly size: number
}

interface Draft {
  readonly kind: number
  readonly payload: Buffer
  /** Declares no heads: it stands for itself, and is short. */
  readonly bare: boolean
  readonly resolve: (written: Written) => void
  readonly reject: (error: unknown) => void
}

/**
 * Writes this device's records into its content log, one batch after another: sealed, synced in the journal,
 * and only then appended, which announces them.
 */
export class OwnLog {
  readonly log: ContentLog
  readonly #options: OwnLogOptions
  #drafts: Draft[] = []
  readonly #writer = new Job(() => this.#drain())
  #checkpointBytes = 0
  /** What must not be written beside. */
  #alone: Promise<unknown> | null = null
  #closed = false

  constructor(log: ContentLog, options: OwnLogOptions) {
    this.log = log
    this.#options = options
  }

  /** Resolves once the record is durable. Errors: `DISK_FULL`, `CLOSED`. */
  append(kind: number, payload: Buffer, options: { bare?: boolean } = {}): Promise<Written> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new PorchlightError('CLOSED', 'The room is closed.'))
      this.#drafts.push({ kind, payload, bare: options.bare ?? false, resolve, reject })
      void this.#writer.wake()
    })
  }

  /** Runs `work`, which may put back what the log lost, while nothing is written. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#alone ?? this.#writer.running) {
      await (this.#alone ?? this.#writer.running)
    }
    const done = work()
    const over = done
      .catch(() => {})
      .then(() => {
        this.#alone = null
        // What waited meanwhile.
        if (this.#drafts.length > 0) void this.#writer.wake()
      })
    this.#alone = over
    return done
  }

  /** Finishes what was begun. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#alone
    await this.#writer.running
  }

  async #drain(): Promise<void> {
    while (this.#drafts.length > 0) {
      // Whoever puts something back wakes this again.
      if (this.#alone) return
      const start = this.log.core.length
      // A signature is known for the present length alone, so a checkpoint begins a batch.
      const room = CHECKPOINT_RECORDS - (start % CHECKPOINT_RECORDS)
      const batch = this.#drafts.splice(0, Math.min(BATCH, room))
      try {
        const sentAt = this.#options.clock.now()
        const sizes = await this.#write(start, batch, sentAt)
        batch.forEach((draft, i) => draft.resolve({ seq: start + i, sentAt, size: sizes[i]! }))
      } catch (error) {
        for (const draft of batch) draft.reject(asDiskError(error))
      }
    }
  }

  /** Resolves with the sizes of the blocks. */
  async #write(start: number, batch: readonly Draft[], sentAt: number): Promise<number[]> {
    const { room, epoch, random, journal } = this.#options
    const headed = batch.findIndex((draft) => !draft.bare)
    const heads = headed < 0 ? [] : this.#options.heads()
    const { id, key } = epoch()
    const blocks = batch.map((draft, i) => {
      const record = {
        sentAt,
        kind: draft.kind,
        heads: i === headed ? heads : [],
        payload: draft.payload,
      }
      const place = { room, log: this.log.key, seq: start + i, epoch: id }
      const checkpoint = i === 0 ? this.#checkpoint(start) : null
      return sealRecord(record, place, key, random.bytes(24), checkpoint)
    })
    for (const block of blocks) this.#checkpointBytes += block.byteLength
    const receipt = await journal.append(
      blocks.map((block, i) => ({ core: this.log.key, seq: start + i, block })),
    )
    try {
      await this.log.append(blocks)
    } catch (error) {
      await journal.retract(receipt)
      throw error
    }
    this.#options.ondeclared(heads)
    return blocks.map((block) => block.byteLength)
  }

  #checkpoint(length: number): Buffer | null {
    const due = length % CHECKPOINT_RECORDS === 0 || this.#checkpointBytes >= CHECKPOINT_BYTES
    const { state } = this.log.core.core
    if (!due || length === 0 || state.length !== length || !state.signature) return null
    this.#checkpointBytes = 0
    return Buffer.from(state.signature)
  }
}
