import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Piece } from '../work/chunk-work.ts'
import { gone } from './item-errors.ts'

// A pipe in the place of a file must not hang who opens it, and a link in it leads nowhere.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** The plain bytes of pieces, one after another: `length` in all. Errors: `NOT_FOUND`. */
export async function readPieces(pieces: readonly Piece[], length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length)
  let at = 0
  for (const piece of pieces) {
    if ('bytes' in piece) {
      bytes.set(piece.bytes, at)
      at += piece.bytes.byteLength
      continue
    }
    const file = await open(piece.path, constants.O_RDONLY | SAFELY).catch(gone)
    try {
      for (let read = 0; read < piece.length;) {
        const { bytesRead } = await file.read(bytes, at, piece.length - read, piece.at + read)
        if (bytesRead === 0) return gone()
        read += bytesRead
        at += bytesRead
      }
    } finally {
      await file.close()
    }
  }
  return bytes
}

/** Writes bytes to where the pieces stand. */
export async function writePieces(pieces: readonly Piece[], bytes: Buffer): Promise<void> {
  let at = 0
  for (const piece of pieces) {
    if (!('path' in piece)) continue
    const file = await open(piece.path, constants.O_WRONLY | SAFELY)
    try {
      for (let done = 0; done < piece.length;) {
        const { bytesWritten } = await file.write(bytes, at, piece.length - done, piece.at + done)
        done += bytesWritten
        at += bytesWritten
      }
    } finally {
      await file.close()
    }
  }
}
