import { WINDOW_STEP } from './packet.ts'
import type { Ack } from './packet.ts'

/** Bytes that may wait for the reader: what a link costs in memory. */
const CAPACITY = 32 * 1024
/** Milliseconds that an acknowledgement waits for bytes to go along with. */
const ACK_AFTER = 40
/** Unacknowledged bytes and packets at which it does not wait. */
const ACK_BYTES = 4 * 1024
const ACK_PACKETS = 32

/** What a packet brings into the row. */
export interface Piece {
  readonly bytes: Buffer
  readonly end: boolean
}

/** The receiving side: what is waited for, what the other end may send, and when to tell it so. */
export class ReceiveWindow {
  #expected = 0
  #received = 0
  #taken = 0
  /** Up to which the other end may send. */
  #edge = CAPACITY
  /** What came before its turn, and its bytes. */
  readonly #early = new Map<number, Piece>()
  #earlyBytes = 0
  /** All before this number was sent. */
  #sent = 0
  #unacknowledged = 0
  #packets = 0
  #asked = false

  /** The number of the packet that is waited for. */
  get expected(): number {
    return this.#expected
  }

  /** Something that was sent before what came has not come. */
  get incomplete(): boolean {
    return this.#sent > this.#expected
  }

  /** Room, in steps, as a hello says it. */
  get window(): number {
    return Math.floor((CAPACITY - (this.#received - this.#taken)) / WINDOW_STEP)
  }

  /** Keeps a piece until `next` gives it; `flood` where it is more than the other end may send. */
  accept(number: number, piece: Piece): 'kept' | 'again' | 'flood' {
    this.#packets++
    if (number < this.#expected || this.#early.has(number)) return 'again'
    const { byteLength } = piece.bytes
    if (this.#received + this.#earlyBytes + byteLength > this.#edge) return 'flood'
    this.#early.set(number, piece)
    this.#earlyBytes += byteLength
    if (number > this.#expected) this.knowSent(number)
    this.#sent = Math.max(this.#sent, number + 1)
    return 'kept'
  }

  /** The next piece of the row; null while it has not come. */
  next(): Piece | null {
    const piece = this.#early.get(this.#expected)
    if (piece === undefined) return null
    this.#early.delete(this.#expected)
    this.#expected++
    this.#earlyBytes -= piece.bytes.byteLength
    this.#received += piece.bytes.byteLength
    this.#unacknowledged += piece.bytes.byteLength
    // The next gap, after the one that was just filled.
    if (this.incomplete && !this.#early.has(this.#expected)) this.#asked = true
    return piece
  }

  /** The other end sent all before this number. */
  knowSent(number: number): void {
    // A gap is told of once at once; repetitions of that wait as other acknowledgements do.
    if (number > this.#expected && !this.incomplete) this.#asked = true
    this.#sent = Math.max(this.#sent, number)
  }

  /** The other end wants to know. */
  ask(): void {
    this.#asked = true
  }

  /** The reader took so much. */
  take(bytes: number): void {
    this.#taken += bytes
  }

  /** Milliseconds until the other end has to be told; null while there is nothing to tell. */
  get ackIn(): number | null {
    const opened = this.#taken + CAPACITY - this.#edge
    const pressing =
      this.#asked ||
      this.#unacknowledged >= ACK_BYTES ||
      this.#packets >= ACK_PACKETS ||
      opened >= CAPACITY / 2
    if (pressing) return 0
    return this.#packets > 0 ? ACK_AFTER : null
  }

  /** What to tell; counts as told. */
  tell(): Ack {
    const { window } = this
    this.#edge = Math.max(this.#edge, this.#received + window * WINDOW_STEP)
    this.#unacknowledged = 0
    this.#packets = 0
    this.#asked = false
    return { next: this.#expected, window, missing: this.#missing }
  }

  /** Packets from `expected` on that did not come, up to the first that did. */
  get #missing(): number {
    let count = 0
    while (this.#expected + count < this.#sent && !this.#early.has(this.#expected + count)) count++
    return count
  }
}
