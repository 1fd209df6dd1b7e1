import {
  channelOf,
  CONTROL,
  frameOf,
  frameOfAll,
  lengthOf,
  messagesOf,
  typeOf,
} from './mux-frames.ts'
import type { MuxMessage } from './mux-frames.ts'
import { PIECE_HEADER, pieceBody } from './pieces.ts'
import { TEXT, URGENCIES, URGENT } from './urgency.ts'
import type { Urgency } from './urgency.ts'

/** What a frame of several messages holds beside them. */
const BATCH_HEADER = 4

interface Flow {
  readonly channel: number
  readonly messages: MuxMessage[]
  /** The first of them as a frame, of which `at` bytes left as pieces. */
  whole: Buffer | null
  at: number
}

/**
 * What waits to leave over a narrow link: the urgent first, channels of one urgency by turns, each in its own order;
 * long messages in pieces and short ones together.
 */
export class Outbox {
  /** By urgency and channel. */
  readonly #flows = Array.from({ length: URGENCIES }, () => new Map<number, Flow>())
  readonly #bytes = Array.from({ length: URGENCIES }, () => 0)
  /** Channels that were opened or closed behind messages that wait: what follows waits behind that. */
  readonly #behind = new Map<number, Urgency>()
  readonly #urgency: (channel: number, type: number) => Urgency

  /** `urgency` of a message by its channel and type. */
  constructor(urgency: (channel: number, type: number) => Urgency) {
    this.#urgency = urgency
  }

  /** Bytes that wait. */
  get size(): number {
    return this.#bytes.reduce((sum, bytes) => sum + bytes, 0)
  }

  /** Bytes that wait of what is urgent and text. */
  get text(): number {
    return this.#bytes[URGENT]! + this.#bytes[TEXT]!
  }

  /** Takes a frame of the mux, which is not written to any more. */
  push(frame: Uint8Array): void {
    for (const message of messagesOf(frame)) this.#push(message)
  }

  /** The next frame, of at most `most` bytes where `pieces` names the channel of pieces; null when nothing waits. */
  next(most: number, pieces: number | null): Buffer | null {
    const batch: MuxMessage[] = []
    let room = most - BATCH_HEADER
    for (let message = this.#next(room, pieces, true); message;) {
      batch.push(message)
      room -= lengthOf(message)
      message = this.#next(room, pieces, false)
    }
    return batch.length === 0 ? null : frameOfAll(batch)
  }

  /** Forgets all that is not urgent and no text, or all. */
  drop(all = false): void {
    for (let urgency = all ? URGENT : TEXT + 1; urgency < URGENCIES; urgency++) {
      this.#flows[urgency]!.clear()
      this.#bytes[urgency] = 0
    }
  }

  #push(message: MuxMessage): void {
    const channel = channelOf(message) ?? message.channel
    const urgency = this.#place(channel, message)
    const flows = this.#flows[urgency]!
    const flow = flows.get(channel) ?? { channel, messages: [], whole: null, at: 0 }
    flow.messages.push(message)
    flows.set(channel, flow)
    this.#bytes[urgency]! += message.body.byteLength
  }

  /** Where a message waits: no channel is opened or closed before what was said there, nor spoken in before that. */
  #place(channel: number, message: MuxMessage): Urgency {
    if (message.channel === CONTROL) {
      for (let last = URGENCIES - 1; last > URGENT; last--) {
        if (!this.#flows[last]!.has(channel)) continue
        this.#behind.set(channel, last as Urgency)
        return last as Urgency
      }
      return URGENT
    }
    const urgency = this.#urgency(channel, typeOf(message))
    const behind = this.#behind.get(channel)
    if (behind === undefined) return urgency
    if (this.#flows[behind]!.has(channel)) return Math.max(behind, urgency) as Urgency
    this.#behind.delete(channel)
    return urgency
  }

  /** The next message of at most `room` bytes; of a longer one a piece, or all of it when it is the `first`. */
  #next(room: number, pieces: number | null, first: boolean): MuxMessage | null {
    for (const [urgency, flows] of this.#flows.entries()) {
      let begun = [...flows.values()].some(({ whole }) => whole !== null)
      for (const flow of flows.values()) {
        const message = flow.messages[0]!
        const fits = flow.whole === null && lengthOf(message) <= room
        // The other end puts one frame of an urgency together at a time.
        if (!fits && pieces !== null && begun && flow.whole === null) continue
        // Before what is less urgent no more than this frame's room is waited for.
        if (!fits && !first) return null
        if (fits || pieces === null) this.#shift(urgency, flow)
        begun = begun || !fits
        // Behind the others, which have their turn.
        flows.delete(flow.channel)
        const taken = fits || pieces === null ? message : this.#piece(urgency, flow, room, pieces)
        if (flow.messages.length > 0) flows.set(flow.channel, flow)
        return taken
      }
    }
    return null
  }

  #piece(urgency: number, flow: Flow, room: number, pieces: number): MuxMessage {
    flow.whole ??= frameOf(flow.messages[0]!)
    const { whole, at } = flow
    const empty = { channel: pieces, body: Buffer.alloc(PIECE_HEADER) }
    // Its length may take two bytes more once it is not empty.
    const data = whole.subarray(at, at + Math.max(1, room - lengthOf(empty) - 4))
    const last = at + data.byteLength === whole.byteLength
    if (last) this.#shift(urgency, flow)
    else flow.at += data.byteLength
    return { channel: pieces, body: pieceBody({ urgency, last, data }) }
  }

  #shift(urgency: number, flow: Flow): void {
    const { body } = flow.messages.shift()!
    flow.whole = null
    flow.at = 0
    this.#bytes[urgency]! -= body.byteLength
  }
}
