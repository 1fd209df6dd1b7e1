import type { DhtConnection } from 'hyperdht'
import { Duplex } from 'streamx'
import { PorchlightError } from '../../core/errors.ts'
import { decodeFrame, encodeData, encodeEnd, encodeGrant } from './frame.ts'
import { MAX_PIECE } from './short-frames.ts'
import type { Throttle } from './throttle.ts'

/** Bytes that may be under way to a reader who does not read: what a link can cost in memory. */
const WINDOW = 4 * 1024 * 1024
/** So much was read before room for more is told, or each packet would be answered. */
const GRANT_FROM = WINDOW / 16

type Done = (error: Error | null) => void

/**
 * A connection of the DHT as core needs it: a reader that does not read stops the writer. udx alone would take
 * everything in and keep it.
 */
export class LinkStream extends Duplex {
  readonly #connection: DhtConnection
  readonly #throttle: Throttle
  /** What arrived and nobody asked for yet. */
  readonly #arrived: Uint8Array[] = []
  #wanted = false
  /** The other end, or this one, said that no more comes. */
  #ended = false
  #said = false
  #over = false
  /** Bytes that the other end may still send. */
  #window = WINDOW
  #read = 0
  /** Bytes that may still be sent. */
  #credit = WINDOW
  #outgoing: Uint8Array | null = null
  #written: Done | null = null
  /** The connection can not take more now; the rate has to be made up for. */
  #full = false
  #held = false

  constructor(connection: DhtConnection, throttle: Throttle) {
    super()
    this.#connection = connection
    this.#throttle = throttle
    connection.on('data', (data) => this.#onframe(data as Uint8Array))
    connection.on('drain', () => {
      this.#full = false
      this.#pump()
    })
    connection.on('end', () => this.destroy())
    connection.on('close', () => this.destroy())
  }

  /** The IP address that its packets go to now: a relay's at first, where punching through took longer. */
  get remote(): string | null {
    return this.#connection.rawStream?.remoteHost ?? null
  }

  override end(data?: unknown): this {
    return super.end(data)
  }

  override _read(done: Done): void {
    this.#wanted = true
    this.#feed()
    done(null)
  }

  override _write(data: unknown, done: Done): void {
    this.#outgoing = data as Uint8Array
    this.#written = done
    this.#pump()
  }

  override _final(done: Done): void {
    this.#said = true
    this.#connection.write(encodeEnd())
    done(null)
  }

  override _predestroy(): void {
    this.#written?.(new Error('The link was closed.'))
    this.#written = null
    this.#arrived.length = 0
  }

  override _destroy(done: Done): void {
    const { destroying } = this.#connection
    // Both ends said all that they wanted: what is under way still has to arrive.
    if (!destroying && this.#ended && this.#said) this.#connection.end()
    else this.#connection.destroy()
    done(null)
  }

  #onframe(data: Uint8Array): void {
    if (this.destroying) return
    const frame = decodeFrame(data)
    switch (frame?.kind) {
      case 'data':
        this.#window -= frame.bytes.byteLength
        if (this.#window < 0 || this.#ended) return this.#refuse()
        this.#arrived.push(frame.bytes)
        return this.#feed()
      case 'grant':
        this.#credit += frame.bytes
        if (this.#credit > WINDOW) return this.#refuse()
        return this.#pump()
      case 'end':
        if (this.#ended) return this.#refuse()
        this.#ended = true
        return this.#feed()
      default:
        return this.#refuse()
    }
  }

  #refuse(): void {
    this.destroy(new PorchlightError('TOO_LARGE', 'The peer sent what it was not allowed to.'))
  }

  /** Hands over what is wanted, and grants room for as much. */
  #feed(): void {
    while (this.#wanted) {
      const data = this.#arrived.shift()
      if (data === undefined) break
      this.#read += data.byteLength
      this.#wanted = this.push(data)
    }
    if (this.#ended && !this.#over && this.#arrived.length === 0) {
      this.#over = true
      this.push(null)
    }
    if (this.#read < GRANT_FROM) return
    const bytes = this.#read
    this.#read = 0
    this.#throttle.in(bytes, () => {
      if (this.destroying) return
      this.#window += bytes
      this.#connection.write(encodeGrant(bytes))
    })
  }

  #pump(): void {
    while (this.#outgoing !== null && this.#credit > 0 && !this.#waits) {
      const piece = this.#outgoing.subarray(0, Math.min(MAX_PIECE - 1, this.#credit))
      const left = this.#outgoing.byteLength - piece.byteLength
      this.#outgoing = left === 0 ? null : this.#outgoing.subarray(piece.byteLength)
      this.#credit -= piece.byteLength
      if (piece.byteLength > 0) this.#full = !this.#connection.write(encodeData(piece))
      if (this.#throttle.limited) this.#hold(piece.byteLength)
    }
    if (this.#outgoing !== null || this.#written === null) return
    const done = this.#written
    this.#written = null
    done(null)
  }

  get #waits(): boolean {
    return this.#full || this.#held || this.destroying
  }

  #hold(bytes: number): void {
    this.#held = true
    this.#throttle.out(bytes, () => {
      this.#held = false
      if (!this.destroying) this.#pump()
    })
  }
}
