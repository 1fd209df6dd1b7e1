import { join } from 'node:path'
import { PorchlightError } from '../../errors.ts'
import type { Piece } from '../work/chunk-work.ts'

/** A file of an item, as people see it: a folder's by its relative path, a single file by its name. */
export interface Entry {
  readonly path: string
  readonly size: number
}

/** A file of an item, and where it stands below the item's place; '' is the place itself. */
export interface LaidEntry extends Entry {
  readonly local: string
}

/** What stands in front of a folder's files: its table of contents. */
export interface Contents {
  readonly length: number
  readonly at: { readonly bytes: Uint8Array } | { readonly path: string }
}

/** Which bytes of an item's stream stand where. */
export class Layout {
  readonly entries: readonly LaidEntry[]
  /** Bytes of the whole stream. */
  readonly size: number
  readonly #contents: Contents | null
  /** Where each file begins in the stream; one more for the end. */
  readonly #starts: Float64Array
  #byPath: Map<string, number> | null = null

  constructor(entries: readonly LaidEntry[], contents: Contents | null = null) {
    this.entries = entries
    this.#contents = contents
    this.#starts = new Float64Array(entries.length + 1)
    let at = contents?.length ?? 0
    for (const [n, entry] of entries.entries()) {
      this.#starts[n] = at
      at += entry.size
    }
    this.#starts[entries.length] = at
    this.size = at
  }

  /** The stretch [start, end) of the stream, in order; `place` is the file or the folder. */
  pieces(place: string, start: number, end: number): Piece[] {
    const pieces: Piece[] = []
    let at = start
    if (this.#contents && at < this.#contents.length) {
      const to = Math.min(end, this.#contents.length)
      const from = this.#contents.at
      if ('bytes' in from) pieces.push({ bytes: from.bytes.subarray(at, to) })
      else pieces.push({ path: from.path, at, length: to - at })
      at = to
    }
    for (let n = this.#find(at); at < end && n < this.entries.length; n++) {
      const { local, size } = this.entries[n]!
      if (size === 0) continue
      const offset = at - this.#starts[n]!
      const length = Math.min(end - at, size - offset)
      pieces.push({ path: local === '' ? place : join(place, local), at: offset, length })
      at += length
    }
    return pieces
  }

  /** Where bytes [start, end) of a file stand in the stream; `path` null for the only one. Errors: `NOT_FOUND`, `BAD_REQUEST`. */
  stretch(path: string | null, start: number, end: number): { from: number; to: number } {
    const n = path === null && this.entries.length === 1 ? 0 : this.#indexOf(path)
    if (n === undefined) {
      throw new PorchlightError('NOT_FOUND', 'There is no such file in this folder.')
    }
    const { size } = this.entries[n]!
    if (!(start >= 0 && start <= end && end <= size)) {
      throw new PorchlightError('BAD_REQUEST', `The file has ${size} bytes; that range is outside.`)
    }
    return { from: this.#starts[n]! + start, to: this.#starts[n]! + end }
  }

  #indexOf(path: string | null): number | undefined {
    this.#byPath ??= new Map(this.entries.map((entry, n) => [entry.path, n]))
    return path === null ? undefined : this.#byPath.get(path)
  }

  /** The last file that begins at or before `at`. */
  #find(at: number): number {
    let low = 0
    let high = this.entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#starts[middle]! <= at) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }
}
