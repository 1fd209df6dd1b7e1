/** Long frames of a narrow link, in pieces, so that what is urgent gets between them. */
import type { Codec } from '../codec/codec.ts'
import { PorchlightError } from '../errors.ts'
import { URGENCIES } from './urgency.ts'

/** Names the channel, and the version of what is said in it. */
export const PIECES_PROTOCOL = 'porchlight/pieces/1'
/** The one message's number. */
const PIECE = 0
/** Bytes of a piece's message beside its data. */
export const PIECE_HEADER = 2

/** What a frame's memory is made for at first; it grows as its pieces come. */
const FIRST = 4 * 1024

/** The next bytes of a frame; there is one under way for each urgency at most. */
export interface Piece {
  readonly urgency: number
  readonly last: boolean
  /** As decoded, a view of the message it came in. */
  readonly data: Buffer
}

/** The body of a piece's message, with its type. */
export function pieceBody({ urgency, last, data }: Piece): Buffer {
  const body = Buffer.allocUnsafe(PIECE_HEADER + data.byteLength)
  body[0] = PIECE
  body[1] = 2 * urgency + +last
  body.set(data, PIECE_HEADER)
  return body
}

/** Without its type. Only what a peer sent is decoded by it: what is sent has `pieceBody`. */
export const pieceCodec: Codec<Piece> = {
  preencode: (s, { data }) => void (s.end += 1 + data.byteLength),
  encode(s, piece) {
    s.buffer!.set(pieceBody(piece).subarray(1), s.start)
    s.start += 1 + piece.data.byteLength
  },
  decode(s) {
    const head = s.start < s.end ? s.buffer![s.start++]! : Infinity
    if (head >= 2 * URGENCIES) throw new PorchlightError('MALFORMED', 'Malformed data: a piece.')
    const { buffer, byteOffset } = s.buffer!
    const data = Buffer.from(buffer, byteOffset + s.start, s.end - s.start)
    s.start = s.end
    return { urgency: head >> 1, last: (head & 1) === 1, data }
  },
}

/** A frame of which the first bytes came. */
interface Part {
  bytes: number
  memory: Buffer
}

/** Puts frames together of the pieces that a peer sent. */
export class Assembly {
  readonly #parts = new Map<number, Part>()

  /** The whole frame with its last piece, else null; `too-long` when it is longer than `limit`. */
  add({ urgency, last, data }: Piece, limit: number): Buffer | 'too-long' | null {
    const part = this.#parts.get(urgency)
    const bytes = (part?.bytes ?? 0) + data.byteLength
    if (bytes > limit) return 'too-long'
    if (last) this.#parts.delete(urgency)
    if (last && !part) return data
    const memory = grown(part, bytes, limit)
    // Copied: a view would keep all that came with it, which may be much more.
    memory.set(data, bytes - data.byteLength)
    if (last) return memory.subarray(0, bytes)
    this.#parts.set(urgency, { bytes, memory })
    return null
  }

  /** Bytes that wait for the rest of their frames. */
  get waiting(): number {
    let bytes = 0
    for (const part of this.#parts.values()) bytes += part.bytes
    return bytes
  }
}

/** Memory for so many bytes, which holds what came before; twice as much as before, so that little is copied twice. */
function grown(part: Part | undefined, bytes: number, limit: number): Buffer {
  if (part && bytes <= part.memory.byteLength) return part.memory
  const size = Math.max(bytes, Math.min(limit, 2 * (part?.memory.byteLength ?? FIRST / 2)))
  const memory = Buffer.allocUnsafeSlow(size)
  if (part) memory.set(part.memory.subarray(0, part.bytes))
  return memory
}
