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

/** The next bytes of a frame; there is one under way for each urgency at most. */
export interface Piece {
  readonly urgency: number
  readonly last: boolean
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
    const data = Buffer.from(s.buffer!.subarray(s.start, s.end))
    s.start = s.end
    return { urgency: head >> 1, last: (head & 1) === 1, data }
  },
}

/** Puts frames together of the pieces that a peer sent. */
export class Assembly {
  readonly #parts = new Map<number, { bytes: number; pieces: Buffer[] }>()

  /** The whole frame with its last piece, else null; `too-long` when it is longer than `limit`. */
  add({ urgency, last, data }: Piece, limit: number): Buffer | 'too-long' | null {
    const part = this.#parts.get(urgency) ?? { bytes: 0, pieces: [] }
    part.bytes += data.byteLength
    if (part.bytes > limit) return 'too-long'
    // A peer that sends nothing in many pieces would fill the list.
    if (data.byteLength > 0) part.pieces.push(data)
    this.#parts.set(urgency, part)
    if (!last) return null
    this.#parts.delete(urgency)
    return Buffer.concat(part.pieces)
  }

  /** Bytes that wait for the rest of their frames. */
  get waiting(): number {
    let bytes = 0
    for (const part of this.#parts.values()) bytes += part.bytes
    return bytes
  }
}
