import type { Clock, Timer } from '../clock.ts'
import { Job } from '../job.ts'
import type { Logger } from '../logger.ts'
import { KIND_PERSONAL } from '../room/record.ts'
import type { Room } from '../room/room.ts'
import type { PersonalCache } from './personal-cache.ts'
import type { PersonalMerge } from './personal-merge.ts'
import { writeDelay } from './personal-pace.ts'
import { encodeFact } from './personal-record.ts'
import type { PersonalTopic } from './personal-store.ts'

/** When a write that failed (a full disk, nobody let this device in yet) is tried again. */
const RETRY = 5_000

export interface PersonalRoomOptions {
  readonly room: Room
  /** Was given to the room when it was opened. */
  readonly merge: PersonalMerge
  readonly cache: PersonalCache
  /** False while anybody is in the room who may not read or write what is shared: nothing is sent or learnt. */
  readonly safe: () => boolean
  readonly clock: Clock
  readonly logger: Logger
  /** Writes the cache down. */
  readonly save: () => Promise<void>
}

/**
 * Keeps this device's facts and the personal room alike: what others wrote is learnt as it is placed, what was
 * set here is written at a pace that does not fill the room with every key pressed.
 */
export class PersonalRoom {
  readonly room: Room
  readonly #options: PersonalRoomOptions
  /** When each unsent fact was first seen unsent. */
  readonly #since = new Map<string, number>()
  readonly #learning = new Job(() => this.#learn())
  readonly #sending = new Job(() => this.#send())
  #timer: Timer | null = null
  #ready = false
  #closed = false
  readonly #onplaced = (): void => void this.#learning.wake()
  readonly #onchange = (): void => void this.#sending.wake()

  constructor(options: PersonalRoomOptions) {
    this.#options = options
    this.room = options.room
    this.room.on('placed', this.#onplaced)
    this.room.on('changed', this.#onchange)
    options.cache.on('change', this.#onchange)
    // Before all that is stored here is placed, an older write would pass for the last.
    void this.room.ready().then(() => {
      this.#ready = true
      this.#onplaced()
    })
    this.#onchange()
  }

  /** Who is in the room changed, or who may be. */
  wake(): void {
    if (this.#closed) return
    this.#onplaced()
    this.#onchange()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.room.off('placed', this.#onplaced)
    this.room.off('changed', this.#onchange)
    this.#options.cache.off('change', this.#onchange)
    this.#timer?.cancel()
    await this.#learning.running
    await this.#sending.running
  }

  async #learn(): Promise<void> {
    const { cache, merge, save, logger } = this.#options
    if (this.#closed || !this.#ready || !this.#options.safe()) return
    let news = false
    for (const { topic, key, json } of merge.changes(this.room.reading)) {
      const before = cache.json(topic, key)
      news = (cache.learn(topic, key, json ?? undefined) && before !== json) || news
    }
    if (!news) return
    // The room itself holds it too, so that a full disk loses nothing.
    await save().catch((error: unknown) => {
      logger.warn('personal-not-saved', { error: String(error) })
    })
  }

  async #send(): Promise<void> {
    const { cache, merge, clock, save, logger } = this.#options
    this.#timer?.cancel()
    this.#timer = null
    if (this.#closed || !this.room.membership.joined || !this.#options.safe()) return
    let sent = false
    let next = Infinity
    try {
      for (const [topic, key] of cache.unsent()) {
        const wait = this.#wait(topic, key)
        next = Math.min(next, wait)
        if (wait > 0) continue
        const json = cache.json(topic, key)
        await this.room.write(KIND_PERSONAL, encodeFact({ topic, key, json: json ?? null }))
        this.#since.delete(`${topic}\0${key}`)
        cache.sent(topic, key, json)
        // While it was unsent, whatever came stood back behind it.
        merge.recall(topic, key)
        this.#onplaced()
        sent = true
        if (this.#closed || !this.#options.safe()) break
      }
      if (sent) await save()
    } catch (error) {
      if (this.#closed) return
      logger.warn('personal-not-written', { error: String(error) })
      next = RETRY
    }
    if (this.#closed || next === Infinity) return
    this.#timer = clock.after(Math.max(0, next), () => void this.#sending.wake())
  }

  /** Milliseconds until a fact is to be written. */
  #wait(topic: PersonalTopic, key: string): number {
    const { cache, clock } = this.#options
    const id = `${topic}\0${key}`
    const now = clock.monotonic()
    const since = this.#since.get(id) ?? now
    this.#since.set(id, since)
    return since + writeDelay(topic, Buffer.byteLength(cache.json(topic, key) ?? '')) - now
  }
}
