import type { Assembly } from './assembly.ts'
import type { Clock } from '../../clock.ts'
import { CHUNK, MANIFEST, MAX_WANTS, REFUSED } from './messages.ts'
import type { FileSenders, PieceMessage, Refused, RefuseMessage } from './messages.ts'
import { MANIFEST_KEY } from './assembly.ts'
import { RateMeter } from './rate-meter.ts'
import { GrantWindow, QUEUE, TALK_QUEUE } from './window.ts'

/** Answers to what was never asked, or so long ago that it was forgotten. */
const STRAYS = 64
/** Wants that were taken back and may still be answered; a source that answers none has the oldest forgotten. */
const MAX_CANCELLED = 1_024

/** What is asked of a source. */
export interface Want<Taker = unknown> {
  readonly id: number
  readonly taker: Taker
  readonly assembly: Assembly
}

export interface ChunkClientOptions<Taker> {
  readonly send: Pick<FileSenders, 'want' | 'grant' | 'cancel'>
  readonly clock: Clock
  /** Names this source in an assembly. */
  readonly source: object
  /** True while people are writing over this link. */
  readonly talks: () => boolean
  /** The source may send so many bytes more. */
  readonly ongrant: (bytes: number) => void
  /** Bytes of an answer came. */
  readonly onbytes: (want: Want<Taker>, bytes: number) => void
  /** The whole answer is here. */
  readonly onwhole: (want: Want<Taker>) => void
  readonly onrefused: (want: Want<Taker>, reason: Refused) => void
}

/** What is asked of one source, in order, and how fast it may send. */
export class ChunkClient<Taker> {
  readonly #options: ChunkClientOptions<Taker>
  readonly #window = new GrantWindow()
  readonly #meter = new RateMeter()
  #wants: Want<Taker>[] = []
  /** Bytes that may still come of what is wanted no more, by id. */
  readonly #cancelled = new Map<number, number>()
  #awaited = 0
  #nextId = 1
  #strays = STRAYS
  /** Its rate when it was last asked for anything. */
  #knownRate = 0
  /** Bytes that were granted. */
  #granted = 0
  /** When it last sent something, or was first asked. */
  #heardAt = 0

  constructor(options: ChunkClientOptions<Taker>) {
    this.#options = options
  }

  get wants(): readonly Want<Taker>[] {
    return this.#wants
  }

  /** Bytes that were asked for and are not here. */
  get awaited(): number {
    return this.#awaited
  }

  /** True while less is asked than what fills the way. */
  get hungry(): boolean {
    return this.#wants.length < MAX_WANTS && this.#awaited < 2 * this.#window.size
  }

  /** How full its way is. */
  get load(): number {
    return this.#awaited / this.#window.size
  }

  /** Milliseconds in which a window of bytes comes. */
  get pace(): number {
    const { rate } = this
    return rate > 0 ? (this.#window.size * 1_000) / rate : 0
  }

  /** Bytes a second, or what they were when it was last asked for anything; 0 while that is not known. */
  get rate(): number {
    if (this.#wants.length === 0) return this.#knownRate
    return this.#meter.rate(this.#options.clock.monotonic()) || this.#knownRate
  }

  /** Milliseconds since it sent something, while it owes us an answer. */
  get silence(): number {
    return this.#wants.length === 0 ? 0 : this.#options.clock.monotonic() - this.#heardAt
  }

  ask(taker: Taker, assembly: Assembly, item: { tag: Buffer; root: Buffer }): void {
    const now = this.#options.clock.monotonic()
    if (this.#wants.length === 0) {
      this.#heardAt = now
      this.#meter.reset()
    }
    const want = { id: this.#nextId++, taker, assembly }
    this.#wants.push(want)
    this.#awaited += assembly.missing
    this.#renew(now)
    const manifest = assembly.key === MANIFEST_KEY
    this.#options.send.want.send({
      id: want.id,
      ...item,
      what: manifest ? MANIFEST : CHUNK,
      index: manifest ? 0 : assembly.key,
      offset: assembly.at,
    })
  }

  /** Takes back what was asked; what is on its way is dropped. */
  cancel(which: (want: Want<Taker>) => boolean): Want<Taker>[] {
    const out = this.#wants.filter((want) => which(want))
    if (out.length === 0) return out
    if (out.length === this.#wants.length) this.#knownRate = this.rate
    this.#wants = this.#wants.filter((want) => !out.includes(want))
    for (const { id, assembly } of out) {
      this.#cancelled.set(id, assembly.missing)
      this.#awaited -= assembly.missing
    }
    for (const [id] of this.#cancelled) {
      if (this.#cancelled.size <= MAX_CANCELLED) break
      this.#cancelled.delete(id)
    }
    this.#window.spoil()
    this.#options.send.cancel.send({ ids: out.map(({ id }) => id) })
    return out
  }

  /** False for what the source may not send. */
  piece({ id, data }: PieceMessage): boolean {
    const now = this.#options.clock.monotonic()
    const queue = this.#options.talks() ? TALK_QUEUE : QUEUE
    if (data.byteLength === 0 || !this.#window.take(now, data.byteLength, queue)) return false
    const want = this.#wants[0]
    if (want?.id !== id) return this.#stray(id, data.byteLength)
    if (!want.assembly.add(data, this.#options.source)) return false
    this.#answered(id)
    this.#awaited -= data.byteLength
    this.#heardAt = now
    this.#meter.add(now, data.byteLength)
    this.#options.onbytes(want, data.byteLength)
    if (want.assembly.missing === 0 && this.#wants[0] === want) {
      if (this.#wants.length === 1) this.#knownRate = this.rate
      this.#wants.shift()
      this.#options.onwhole(want)
    }
    if (this.#wants.length > 0) this.#renew(now)
    return true
  }

  /** False for what the source may not say. */
  refuse({ id, reason }: RefuseMessage): boolean {
    const want = this.#wants[0]
    if (want?.id !== id) {
      if (this.#cancelled.delete(id)) return true
      return --this.#strays >= 0
    }
    this.#answered(id)
    this.#wants.shift()
    this.#awaited -= want.assembly.missing
    this.#heardAt = this.#options.clock.monotonic()
    this.#window.spoil()
    this.#options.onrefused(want, REFUSED[reason]!)
    return true
  }

  /** The source is gone: what it was asked for. */
  close(): Want<Taker>[] {
    const out = this.#wants
    this.#wants = []
    this.#awaited = 0
    return out
  }

  /** Answers come in order: of what was asked before, nothing is on its way any more. */
  #answered(id: number): void {
    for (const old of this.#cancelled.keys()) {
      if (old > id) return
      this.#cancelled.delete(old)
    }
  }

  #stray(id: number, bytes: number): boolean {
    const left = this.#cancelled.get(id)
    this.#renew(this.#options.clock.monotonic())
    if (left === undefined) return --this.#strays >= 0
    this.#cancelled.set(id, left - bytes)
    return left >= bytes
  }

  #renew(now: number): void {
    const limit = this.#window.renew(now, this.#awaited)
    if (limit === null) return
    this.#options.ongrant(limit - this.#granted)
    this.#granted = limit
    this.#options.send.grant.send({ limit })
  }
}
