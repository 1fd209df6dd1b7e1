import type { ItemName, LogRange, Stored } from '../copy.ts'
import type { CopyGuard, SharedCopy, Visitor } from '../exchange/shared-copy.ts'
import { carryKey, mirrorId } from '../mirror-keys.ts'
import type { Refused } from '../policy/refusals.ts'
import type { Account, Book } from './account.ts'
import { encodeBook } from './account.ts'
import type { ShelfMirror } from './shelf.ts'

/** How long a mirror is kept after its last depositor was seen. */
export const KEPT_FOR = 30 * 24 * 60 * 60_000

/** What a held mirror asks of its holder. */
export interface HeldMirrorHost {
  room(visitor: Visitor): { readonly bytes: number; readonly refused: Refused }
  store(mirror: HeldMirror, range: LogRange, visitor: Visitor): Promise<Stored>
  note(mirror: HeldMirror, statements: readonly Buffer[]): Promise<void>
  items(mirror: HeldMirror, list: readonly ItemName[], visitor: Visitor): void
}

/** One mirror that is held for its depositors. */
export class HeldMirror implements CopyGuard {
  readonly id: string
  readonly stored: ShelfMirror
  readonly book: Book
  /** As sessions find it: under its own key and the carriers'. */
  readonly copies: readonly SharedCopy[]
  /** The book is not written down as it is. */
  dirty = false
  /** Ranges that are being stored. */
  storing = 0
  readonly #host: HeldMirrorHost

  constructor(book: Book, stored: ShelfMirror, host: HeldMirrorHost) {
    this.id = mirrorId(book.key)
    this.book = book
    this.stored = stored
    this.#host = host
    const kind = 'held'
    this.copies = [
      { key: book.key, scope: 'mirror', kind, copy: stored, guard: this },
      { key: carryKey(book.key), scope: 'carry', kind, copy: stored, guard: this },
    ]
  }

  get bytes(): number {
    return this.stored.bytes
  }

  /** Bytes that its accounts count. */
  get counted(): number {
    return this.book.accounts.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Those who deposited it. */
  get depositors(): readonly Account[] {
    return this.book.accounts.filter(({ depositor }) => depositor !== null)
  }

  get until(): number {
    return KEPT_FOR + this.depositors.reduce((last, { seen }) => Math.max(last, seen), 0)
  }

  get since(): number {
    return this.depositors.reduce((first, { since }) => Math.min(first, since), Infinity)
  }

  /** Somebody who shares a room with this device deposited it. */
  get paired(): boolean {
    return this.depositors.some(({ paired }) => paired)
  }

  /** The account of a depositor; null: of those at an address who deposited nothing. */
  account(depositor: Buffer | null, address: string): Account | undefined {
    return this.book.accounts.find((one) =>
      depositor
        ? one.depositor?.equals(depositor)
        : one.depositor === null && one.address === address,
    )
  }

  room(visitor: Visitor): { readonly bytes: number; readonly refused: Refused } {
    return this.#host.room(visitor)
  }

  store(range: LogRange, visitor: Visitor): Promise<Stored> {
    return this.#host.store(this, range, visitor)
  }

  note(statements: readonly Buffer[]): Promise<void> {
    return this.#host.note(this, statements)
  }

  items(list: readonly ItemName[], visitor: Visitor): void {
    this.#host.items(this, list, visitor)
  }

  /** Writes the book down. */
  async save(): Promise<void> {
    this.dirty = false
    await this.stored.setAbout(encodeBook(this.book))
  }
}
