import type { Clock, Timer } from '../../clock.ts'
import type { Logger } from '../../logger.ts'
import type { Random } from '../../random.ts'
import { ackStep, earn, openBudget, spend } from './ack-policy.ts'
import type { AckBudget } from './ack-policy.ts'
import { encodeAck } from './ack-payload.ts'
import type { Ack } from './ack-payload.ts'

/** News of a burst is looked at together. */
const GATHER = 1_000
/** After a write that failed. */
const RETRY = 60_000

export interface AckWriterOptions {
  /** What authors can not know yet. */
  readonly unsaid: () => Ack
  /** How many devices of the room may write, this one included. */
  readonly devices: () => number
  /** False while this device may not write, or should not begin a log for that. */
  readonly may: () => boolean
  /** Writes a silent record; resolves with the bytes of its block. */
  readonly write: (payload: Buffer) => Promise<number>
  readonly onwritten: (ack: Ack) => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Writes acknowledgements when the policy says so. While there is no news, no timer runs. */
export class AckWriter {
  readonly #options: AckWriterOptions
  readonly #chance: number
  #budget: AckBudget | null = null
  #news = 0
  #since: number | null = null
  #timer: Timer | null = null
  #due = Infinity
  #writing: Promise<void> | null = null
  #closed = false

  constructor(options: AckWriterOptions) {
    this.#options = options
    this.#chance = options.random.float()
  }

  /** A message of another person came, of so many bytes. */
  arrived(size: number): void {
    this.#news = this.#options.clock.monotonic()
    this.#earn(size)
    this.#lookIn(GATHER)
  }

  /** Something was read here. */
  readOn(): void {
    this.#news = this.#options.clock.monotonic()
    this.#lookIn(GATHER)
  }

  /** Something may be unsaid that was not before: a link ended, or this device may write now. */
  wake(): void {
    this.#lookIn(GATHER)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#writing
  }

  #earn(bytes: number): AckBudget {
    const now = this.#options.clock.monotonic()
    const devices = Math.max(1, this.#options.devices())
    this.#budget = earn(this.#budget ?? openBudget(now, devices), now, bytes, devices)
    return this.#budget
  }

  #lookIn(ms: number): void {
    const due = this.#options.clock.monotonic() + ms
    if (this.#closed || this.#writing || due >= this.#due) return
    this.#timer?.cancel()
    this.#due = due
    this.#timer = this.#options.clock.after(ms, () => this.#look())
  }

  #look(): void {
    this.#due = Infinity
    this.#timer = null
    const { unsaid, may, devices, clock } = this.#options
    if (this.#closed || !may()) return
    const ack = unsaid()
    const now = clock.monotonic()
    if (ack.have.length + ack.read.length === 0) this.#since = null
    else this.#since ??= now
    const step = ackStep({
      now,
      budget: this.#earn(0),
      devices: Math.max(1, devices()),
      since: this.#since,
      news: this.#news,
      chance: this.#chance,
    })
    if (typeof step === 'number') this.#lookIn(step)
    if (step === 'write') this.#writing = this.#write(ack)
  }

  async #write(ack: Ack): Promise<void> {
    const { write, onwritten, logger } = this.#options
    let again = GATHER
    try {
      const size = await write(encodeAck(ack))
      this.#budget = spend(this.#earn(0), size)
      this.#since = null
      onwritten(ack)
    } catch (error) {
      logger.debug('ack-not-written', { error: String(error) })
      again = RETRY
    }
    this.#writing = null
    this.#lookIn(again)
  }
}
