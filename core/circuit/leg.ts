import { CLOSES, FRAME, MAX_DATA, NARROW_WINDOW, WINDOW } from './messages.ts'
import type { CircuitSenders, Close } from './messages.ts'

/** What is done with what comes in by a leg. */
export interface LegSink {
  /** Bytes came; once they were passed on, `consumed(cost)` lets as many more come. */
  ondata(data: Buffer, cost: number): void
  /** `ended`: no more comes. Anything else: no more comes or goes. Once for each of the two at most. */
  onclose(reason: Close): void
  /** Both sides closed it, or its link is gone. */
  ongone(): void
}

/** How fast a leg may send. */
export interface Pace {
  /** Milliseconds to wait before the next frame. */
  wait(): number
  spend(cost: number): void
}

/** What a leg needs of its link. */
export interface LegPort {
  readonly send: CircuitSenders
  readonly narrow: boolean
  /** So many bytes may come in, because of what we allowed or sent. */
  allow(bytes: number): void
  /** The leg has something to send. */
  wake(leg: Leg): void
  gone(leg: Leg): void
}

interface Piece {
  readonly data: Buffer
  readonly sent: (() => void) | undefined
}

/** Nobody yet, or nobody any more. */
const NOBODY: LegSink = { ondata() {}, onclose() {}, ongone() {} }
/** Credit is given in such parts of a window, not for each frame. */
const GRANTS = 4

/**
 * A circuit on one link: what goes out waits for credit of the other end, what comes in is bounded by the credit that
 * we gave. `ended` closes one direction, any other reason both; the leg is gone when both ends said so.
 */
export class Leg {
  readonly number: number
  /** Ends at this device: it is served before what is passed on for others. */
  own = false
  pace: Pace | null = null
  readonly #port: LegPort
  #sink = NOBODY
  readonly #window: number
  #credit: number
  #granted: number
  #owed = 0
  #queue: Piece[] = []
  #queued = 0
  #ending = false
  #said: Close | null = null
  #heard: Close | null = null
  #gone = false

  constructor(number: number, port: LegPort) {
    this.number = number
    this.#port = port
    this.#window = this.#credit = this.#granted = port.narrow ? NARROW_WINDOW : WINDOW
    port.allow(this.#window)
  }

  /** Bytes that wait here. */
  get queued(): number {
    return this.#queued
  }

  get gone(): boolean {
    return this.#gone
  }

  /** True while a frame can go out, as far as the other end goes. */
  get sendable(): boolean {
    if (this.#gone) return false
    const next = this.#queue[0]
    if (next) return this.#credit >= next.data.byteLength + FRAME
    return this.#ending && this.#said === null
  }

  /** Where what comes in goes from now on; said before anything can come. */
  join(sink: LegSink): void {
    this.#sink = sink
  }

  /** Sends bytes, which the caller leaves alone until `sent`; after the end they are dropped. */
  write(data: Buffer, sent: () => void): void {
    if (this.#ending || this.#said !== null || this.#gone || data.byteLength === 0) return sent()
    const most = Math.min(MAX_DATA, this.#window / GRANTS)
    for (let at = 0; at < data.byteLength; at += most) {
      const last = at + most >= data.byteLength
      this.#queue.push({ data: data.subarray(at, at + most), sent: last ? sent : undefined })
    }
    this.#queued += data.byteLength
    this.#port.wake(this)
  }

  /** No more is said after what is queued. */
  end(): void {
    this.#ending = true
    this.#port.wake(this)
  }

  /** Ends both directions now. */
  abort(reason: Exclude<Close, 'ended'>): void {
    if (this.#gone || (this.#said !== null && this.#said !== 'ended')) return
    this.#sink = { ...NOBODY, ongone: this.#sink.ongone.bind(this.#sink) }
    this.#drop()
    this.#say(reason)
  }

  /** Sends one frame; only while `sendable`. */
  sendNext(): void {
    const piece = this.#queue.shift()
    if (!piece) return this.#say('ended')
    const cost = piece.data.byteLength + FRAME
    this.#queued -= piece.data.byteLength
    this.#credit -= cost
    this.pace?.spend(cost)
    // The credit that comes back for it.
    this.#port.allow(FRAME)
    this.#port.send.data.send({ circuit: this.number, data: piece.data })
    piece.sent?.()
  }

  /** What came in was passed on. */
  consumed(cost: number): void {
    this.#owed += cost
    if (this.#owed < this.#window / GRANTS || this.#gone || this.#heard !== null || this.#closed)
      return
    this.#granted += this.#owed
    this.#port.allow(this.#owed)
    this.#port.send.credit.send({ circuit: this.number, bytes: this.#owed })
    this.#owed = 0
  }

  /** False for what no honest device sends, here and below. */
  ondata(data: Buffer): boolean {
    const cost = data.byteLength + FRAME
    this.#granted -= cost
    if (this.#granted < 0 || this.#heard !== null) return false
    this.#sink.ondata(data, cost)
    return true
  }

  oncredit(bytes: number): boolean {
    this.#credit += bytes
    if (this.#credit > this.#window) return false
    this.#port.wake(this)
    return true
  }

  onclose(index: number): boolean {
    const reason = CLOSES[index]!
    if (this.#heard !== null && (this.#heard !== 'ended' || reason === 'ended')) return false
    this.#heard = reason
    if (reason !== 'ended') this.#drop()
    this.#sink.onclose(reason)
    if (reason !== 'ended' && this.#said === null) this.#say('gone')
    if (this.#said !== null) this.#leave()
    return true
  }

  /** The link is gone. */
  lost(): void {
    if (this.#gone) return
    this.#drop()
    this.#sink.onclose('lost')
    this.#leave()
  }

  get #closed(): boolean {
    return this.#said !== null && this.#said !== 'ended'
  }

  #say(reason: Close): void {
    this.#said = reason
    this.#port.send.close.send({ circuit: this.number, reason: CLOSES.indexOf(reason) })
    if (this.#heard !== null) this.#leave()
  }

  /** Nothing that waits goes out; who waits for it is let go. */
  #drop(): void {
    const queue = this.#queue.splice(0)
    this.#queued = 0
    this.#ending = true
    for (const { sent } of queue) sent?.()
  }

  #leave(): void {
    if (this.#gone) return
    this.#gone = true
    this.#port.gone(this)
    this.#sink.ongone()
  }
}
