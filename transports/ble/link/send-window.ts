import { MAX_UNDER_WAY, WINDOW_STEP } from './packet.ts'
import type { Ack } from './packet.ts'

/** A packet that was sent and not acknowledged yet. */
export interface Sent {
  readonly number: number
  readonly bytes: Buffer
  readonly end: boolean
  /** Monotonic milliseconds at which it left first. */
  readonly at: number
  /** Bytes under way then, with its own. */
  readonly underWay: number
  /** Whether an acknowledgement was asked for. */
  readonly asked: boolean
  again: boolean
}

/**
 * What an acknowledgement did: `impossible` says that it names what was never sent. `newest`: the last packet that it is
 * for, where its round trip tells something.
 */
export type Acknowledged =
  | { readonly kind: 'impossible' }
  | { readonly kind: 'nothing' | 'room' | 'progress'; readonly newest: Sent | null }

const NOTHING: Acknowledged = { kind: 'nothing', newest: null }

/** The sending side: what is under way, what the other end has room for, and what has to go once more. */
export class SendWindow {
  #sent: Sent[] = []
  /** Of `#sent`, these were lost and not sent again yet. */
  #lost = { from: 0, to: 0 }
  #acknowledged = 0
  #next = 0
  #underWay = 0
  /** Bytes sent so far, and up to which the other end has room. */
  #sentBytes = 0
  #room = 0

  /** The number of the next packet with new bytes. */
  get next(): number {
    return this.#next
  }

  /** All before this number arrived. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  get idle(): boolean {
    return this.#sent.length === 0
  }

  /** Bytes that left and were not acknowledged. */
  get underWay(): number {
    return this.#underWay
  }

  /** Bytes that the other end still takes. */
  get room(): number {
    return this.#room - this.#sentBytes
  }

  /** Whether the numbers suffice for no more packet. */
  get full(): boolean {
    return this.#sent.length >= MAX_UNDER_WAY
  }

  /** What the other end's hello said. */
  grant(window: number): void {
    this.#room = Math.max(this.#room, window * WINDOW_STEP)
  }

  /** A packet leaves; the caller asked `room` and `full`. */
  add(packet: Pick<Sent, 'bytes' | 'end' | 'at' | 'asked'>): Sent {
    this.#underWay += packet.bytes.byteLength
    this.#sentBytes += packet.bytes.byteLength
    const sent = { ...packet, number: this.#next++, underWay: this.#underWay, again: false }
    this.#sent.push(sent)
    return sent
  }

  /** So many from the first on were lost. */
  lose(count: number): void {
    this.#lost = { from: 0, to: Math.min(count, this.#sent.length) }
  }

  /** The next that leaves once more; null when none has to. */
  again(): Sent | null {
    if (this.#lost.from >= this.#lost.to) return null
    const sent = this.#sent[this.#lost.from++]!
    sent.again = true
    return sent
  }

  acknowledge(ack: Ack): Acknowledged {
    const count = ack.next - this.#acknowledged
    // One of before, come late.
    if (count < 0) return NOTHING
    if (count + ack.missing > this.#sent.length) return { kind: 'impossible' }
    const newest = this.#sent[count - 1] ?? null
    for (const { bytes } of this.#sent.slice(0, count)) this.#underWay -= bytes.byteLength
    this.#sent = this.#sent.slice(count)
    const { from, to } = this.#lost
    this.#lost = { from: Math.max(0, from - count), to: Math.max(0, to - count) }
    this.#acknowledged = ack.next
    const arrived = this.#sentBytes - this.#underWay
    const room = Math.max(this.#room, arrived + ack.window * WINDOW_STEP)
    const opened = room > this.#room
    this.#room = room
    if (newest !== null) return { kind: 'progress', newest: tells(newest) ? newest : null }
    return opened ? { kind: 'room', newest: null } : NOTHING
  }
}

/** Not after it went twice (which of them is acknowledged?), nor where the other end took its time. */
function tells(sent: Sent): boolean {
  return sent.asked && !sent.again
}
