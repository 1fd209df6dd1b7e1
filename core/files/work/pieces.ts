import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import type { Piece } from './chunk-work.ts'

// A pipe in the place of a file must not hang who opens it, and a link in it leads nowhere.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Goes through pieces from first to last, with one file open at a time. */
export class PieceCursor {
  readonly #pieces: readonly Piece[]
  readonly #flags: number
  #next = 0
  #offset = 0
  #fd = -1
  #path: string | null = null

  constructor(pieces: readonly Piece[], mode: 'read' | 'write') {
    this.#pieces = pieces
    this.#flags = SAFELY | (mode === 'read' ? constants.O_RDONLY : constants.O_WRONLY)
  }

  /** Fills `into`; false when the pieces or a file of them end before. */
  read(into: Uint8Array): boolean {
    return this.#each(into.byteLength, (piece, offset, at, length) => {
      if (!('bytes' in piece)) return readSync(this.#fd, into, at, length, piece.at + offset)
      into.set(piece.bytes.subarray(offset, offset + length), at)
      return length
    })
  }

  /** Writes all of `from`; false when the pieces end before. */
  write(from: Uint8Array): boolean {
    return this.#each(from.byteLength, (piece, offset, at, length) => {
      if ('bytes' in piece) return 0
      return writeSync(this.#fd, from, at, length, piece.at + offset)
    })
  }

  close(): void {
    if (this.#fd !== -1) closeSync(this.#fd)
    this.#fd = -1
    this.#path = null
  }

  /** `move` says how many bytes it moved; none is the end. */
  #each(
    total: number,
    move: (piece: Piece, offset: number, at: number, length: number) => number,
  ): boolean {
    for (let at = 0; at < total;) {
      const piece = this.#pieces[this.#next]
      if (!piece) return false
      const size = 'bytes' in piece ? piece.bytes.byteLength : piece.length
      if (this.#offset === size) {
        this.#next++
        this.#offset = 0
        continue
      }
      if (!('bytes' in piece)) this.#open(piece.path)
      const moved = move(piece, this.#offset, at, Math.min(total - at, size - this.#offset))
      if (moved === 0) return false
      at += moved
      this.#offset += moved
    }
    return true
  }

  #open(path: string): void {
    if (this.#path === path) return
    this.close()
    this.#fd = openSync(path, this.#flags)
    this.#path = path
    if (!fstatSync(this.#fd).isFile()) {
      throw Object.assign(new Error('not a regular file'), { code: 'ENOENT', errno: 0 })
    }
  }
}
