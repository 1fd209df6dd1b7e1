import type { ItemName, LogRange, Stored } from '../copy.ts'
import type { CopyGuard, SharedCopy, Visitor } from '../exchange/shared-copy.ts'
import type { ShelfMirror } from '../holder/shelf.ts'
import { mirrorId } from '../mirror-keys.ts'
import type { Refused } from '../policy/refusals.ts'
import { encodeCarried } from './lots.ts'
import type { CarriedBook } from './lots.ts'

/** What a carried mirror asks of its carrier. */
export interface CarriedMirrorHost {
  now(): number
  room(visitor: Visitor): { readonly bytes: number; readonly refused: Refused }
  store(mirror: CarriedMirror, range: LogRange, visitor: Visitor): Promise<Stored>
}

/** What is carried of one room for strangers. */
export class CarriedMirror implements CopyGuard {
  readonly id: string
  readonly stored: ShelfMirror
  readonly book: CarriedBook
  readonly #host: CarriedMirrorHost

  constructor(book: CarriedBook, stored: ShelfMirror, host: CarriedMirrorHost) {
    this.id = mirrorId(book.key)
    this.book = book
    this.stored = stored
    this.#host = host
  }

  /** As sessions find it: a regular wants what the room's carriers have. */
  get shared(): SharedCopy {
    const kind = this.book.regularUntil > this.#host.now() ? 'regular' : 'carried'
    return { key: this.book.key, scope: 'carry', kind, copy: this.stored, guard: this }
  }

  get bytes(): number {
    return this.stored.bytes
  }

  get until(): number {
    return this.book.lots.reduce((last, { until }) => Math.max(last, until), 0)
  }

  room(visitor: Visitor): { readonly bytes: number; readonly refused: Refused } {
    return this.#host.room(visitor)
  }

  store(range: LogRange, visitor: Visitor): Promise<Stored> {
    return this.#host.store(this, range, visitor)
  }

  /** Nothing waits at a carrier but blocks: no statements, and no files. */
  async note(): Promise<void> {}

  async settle(): Promise<void> {}

  list(): void {}

  listed(): readonly ItemName[] {
    return []
  }

  keeping(): [] {
    return []
  }

  /** Writes the book down; durable when it resolves. */
  save(): Promise<void> {
    return this.stored.setAbout(encodeCarried(this.book))
  }
}
