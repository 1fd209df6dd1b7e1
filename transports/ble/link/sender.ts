import type { Clock } from '../../../core/clock.ts'
import { afterRoundTrip, allowedUnderWay, untried } from './flight-policy.ts'
import { OutgoingBytes } from './outgoing-bytes.ts'
import type { Ack } from './packet.ts'
import { SendWindow } from './send-window.ts'
import type { Acknowledged, Sent } from './send-window.ts'
import { patience } from './watch-policy.ts'

/** How often an acknowledgement is asked for within what may be under way. */
const ASKS = 4

/** What packets leave by. */
export interface Line {
  /** Whether one may leave now. */
  ready(): boolean
  /** Bytes that the next one carries. */
  fits(): number
  launch(sent: Sent): void
  /** Less than a packet waits: more may be written. */
  room(): void
  /** The rest, less than a packet, may leave if nothing is written now. */
  pause(): void
}

/** Puts bytes into packets, as many as may be under way, and sends lost ones again. */
export class Sender {
  readonly #line: Line
  readonly #clock: Clock
  readonly #outgoing = new OutgoingBytes()
  readonly #window = new SendWindow()
  #flight = untried
  #ending: 'no' | 'wanted' | 'sent' = 'no'
  #pumping = false
  #sinceAsk = 0
  /** The last number for which an acknowledgement was asked for. */
  #askedFor = -1
  #repeated = { next: -1, at: 0 }
  /** Packets that went once more. */
  repeated = 0

  constructor(line: Line, clock: Clock) {
    this.#line = line
    this.#clock = clock
  }

  /** The number of the next packet with new bytes. */
  get next(): number {
    return this.#window.next
  }

  /** All before this number arrived. */
  get acknowledged(): number {
    return this.#window.acknowledged
  }

  /** Nothing is under way. */
  get idle(): boolean {
    return this.#window.idle
  }

  /** All bytes and the end arrived. */
  get flushed(): boolean {
    return this.#ending === 'sent' && this.#window.idle
  }

  /** There is something to send, and the other end has no room for it. */
  get starved(): boolean {
    return this.#outgoing.length > 0 && this.#window.room <= 0
  }

  /** Milliseconds; 0 before any was measured. */
  get roundTrip(): number {
    return this.#flight.usual
  }

  get underWay(): number {
    return this.#window.underWay
  }

  get allowed(): number {
    return allowedUnderWay(this.#flight)
  }

  write(bytes: Uint8Array): void {
    this.#outgoing.add(bytes)
    this.pump(false)
  }

  end(): void {
    this.#ending = 'wanted'
    this.pump(true)
  }

  clear(): void {
    this.#outgoing.clear()
  }

  /** The other end has room for so many steps, as its hello says. */
  grant(window: number): void {
    this.#window.grant(window)
  }

  acknowledge(ack: Ack): Acknowledged['kind'] {
    const now = this.#clock.monotonic()
    const done = this.#window.acknowledge(ack)
    if (done.kind === 'impossible') return done.kind
    if (done.newest !== null) {
      const { at, underWay } = done.newest
      this.#flight = afterRoundTrip(this.#flight, { took: now - at, underWay }, now)
    }
    if (ack.missing > 0 && ack.next === this.#window.acknowledged) this.#repeat(ack, now)
    return done.kind
  }

  /** Lets leave what may, a packet that is not full only where `rest` says so. */
  pump(rest: boolean): void {
    if (this.#pumping) return
    this.#pumping = true
    let before: number
    do {
      this.#launchDue(rest)
      before = this.#outgoing.length
      // What is written from within fills the packet that is not full yet.
      if (before < this.#line.fits()) this.#line.room()
    } while (this.#outgoing.length > before)
    this.#pumping = false
    if (!rest && before > 0 && this.#mayLaunch) this.#line.pause()
  }

  #repeat({ next, missing }: Ack, now: number): void {
    // What was said of the same gap before the repetition could get there.
    const early = now - this.#repeated.at < patience(this.#flight.usual)
    if (this.#repeated.next === next && early) return
    this.#repeated = { next, at: now }
    this.#window.lose(missing)
  }

  get #mayLaunch(): boolean {
    return this.#line.ready() && this.#window.underWay < this.allowed
  }

  #launchDue(rest: boolean): void {
    while (this.#line.ready()) {
      // No bytes more are under way by it: it was counted.
      const lost = this.#window.again()
      if (lost !== null) {
        this.repeated++
        this.#line.launch(lost)
      } else if (!this.#mayLaunch || !this.#launchNew(rest)) return
    }
  }

  #launchNew(rest: boolean): boolean {
    const fits = this.#line.fits()
    const wanted = Math.min(fits, this.#outgoing.length)
    const size = Math.min(wanted, this.#window.room)
    const end = size === this.#outgoing.length && this.#ending === 'wanted'
    if (this.#window.full || (size <= 0 && !end)) return false
    if (size < fits && !rest && !end) return false
    // A little room is no reason for a little packet, unless none is under way that brings more of it.
    if (size < wanted && !this.#window.idle) return false
    if (end) this.#ending = 'sent'
    const asked = this.#asks(size, end)
    const bytes = this.#outgoing.take(size)
    this.#line.launch(this.#window.add({ bytes, end, asked, at: this.#clock.monotonic() }))
    return true
  }

  /** Whether to ask for an acknowledgement with the next packet. */
  #asks(bytes: number, end: boolean): boolean {
    this.#sinceAsk += bytes
    const { allowed } = this
    // Nothing more leaves before an acknowledgement, and none was asked for.
    const waits =
      this.#window.underWay + bytes >= allowed && this.#askedFor < this.#window.acknowledged
    if (!end && !waits && this.#sinceAsk < allowed / ASKS) return false
    this.#sinceAsk = 0
    this.#askedFor = this.#window.next
    return true
  }
}
