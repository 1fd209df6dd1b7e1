import type { Channel } from 'protomux'
import type Protomux from 'protomux'
import { PorchlightError } from '../errors.ts'
import { MeteredStream } from './metered-stream.ts'
import { Outbox } from './outbox.ts'
import { Assembly, pieceCodec, PIECES_PROTOCOL } from './pieces.ts'
import type { Piece } from './pieces.ts'
import { Urgencies } from './urgency.ts'

/** Bytes of one frame: some 20 ms of Bluetooth, so that little is ahead of what is urgent. */
const FRAME = 1_000
/** Bytes of text and what is urgent that may wait before cores are told to pause. */
const TEXT_WAITING = 4 * 1024
/** All bytes that may wait before more is made of what is not urgent. */
const WAITING = 2 * 1024

/**
 * The stream of a narrow link: what is written waits here, and a frame is handed on, the most urgent there is, when the
 * link took the one before. What is long goes in pieces where the other end knows them.
 */
export class NarrowStream extends MeteredStream {
  readonly urgencies = new Urgencies()
  #mux: Protomux | null = null
  #pieces: Channel | null = null
  /** The number of the channel of pieces. */
  #piecesNumber = 0
  readonly #assembly = new Assembly()
  /** A frame that was put together is being read. */
  #reading = false
  readonly #outbox = new Outbox((channel, message) =>
    this.urgencies.of(this.#mux?._local[channel - 1], message),
  )
  /** A frame is on its way to the link. */
  #handing = false
  #full = false
  #ending = false

  override get unsent(): number {
    return super.unsent + this.#outbox.size
  }

  /** True while more may be made of what is not urgent; `roomy` is emitted when it is again. */
  get roomy(): boolean {
    return this.#outbox.size < WAITING
  }

  /** What is written from now on is what this mux says. */
  carry(mux: Protomux): void {
    this.#mux = mux
    // All that is served over the link waits for room at the same time.
    this.setMaxListeners(0)
    this.#pieces = mux.createChannel({ protocol: PIECES_PROTOCOL })
    this.#pieces?.addMessage<Piece>({
      encoding: pieceCodec,
      onmessage: (piece) => this.#onpiece(piece),
    })
    this.#pieces?.open()
    this.#piecesNumber = mux._local.findIndex((channel) => channel === this.#pieces) + 1
  }

  /** False while text and what is urgent fill the link; then `drain`. */
  override write(data: unknown): boolean {
    if (!this.#mux) return super.write(data)
    if (this.destroying || this.#ending) return false
    this.#outbox.push(data as Uint8Array)
    this.#hand()
    this.#full = this.#outbox.text >= TEXT_WAITING
    return !this.#full
  }

  /** Ends once text and what is urgent left. */
  override end(data?: unknown): this {
    if (!this.#mux) return super.end(data)
    this.#ending = true
    this.#outbox.drop()
    this.#hand()
    return this
  }

  override _write(data: unknown, cb: (error: Error | null) => void): void {
    super._write(data, (error) => {
      cb(error)
      this.#handing = false
      this.#hand()
    })
  }

  override _predestroy(): void {
    this.#outbox.drop(true)
    super._predestroy()
  }

  #onpiece(piece: Piece): void {
    if (this.destroying) return
    // A few bytes would name the next level each, and the stack and the memory be used up.
    if (this.#reading) throw new PorchlightError('MALFORMED', 'Malformed data: pieces in a piece.')
    const frame = this.#assembly.add(piece, this.meter.limit)
    if (frame === 'too-long') {
      this.destroy(new PorchlightError('TOO_LARGE', 'The peer sent more than it may.'))
    } else if (frame) {
      this.#reading = true
      this.emit('data', frame)
      this.#reading = false
    }
  }

  #hand(): void {
    if (!this.#mux || this.#handing || this.destroying) return
    const roomy = this.roomy
    const frame = this.#outbox.next(FRAME, this.#pieces?.opened ? this.#piecesNumber : null)
    if (frame) {
      this.#handing = true
      super.write(frame)
    } else if (this.#ending) super.end(null)
    if (this.#full && this.#outbox.text < TEXT_WAITING / 2) {
      this.#full = false
      this.emit('drain')
    }
    if (!roomy && this.roomy) this.emit('roomy')
  }
}
