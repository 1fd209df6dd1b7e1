import type { ItemName, LogRange, Stored } from '../copy.ts'
import type { CopyGuard, Lister, SharedCopy, Visitor } from '../exchange/shared-copy.ts'
import type { ListChange } from '../items/item-lists.ts'
import type { Keeping } from '../items/keeping.ts'
import { carryKey, mirrorId } from '../mirror-keys.ts'
import type { LogCounts } from '../policy/log-places.ts'
import type { Refused } from '../policy/refusals.ts'
import type { Account, Book } from './account.ts'
import { encodeBook } from './account.ts'
import type { RunTime } from './run-time.ts'
import type { ShelfMirror } from './shelf.ts'

/** How long a mirror is kept after its last depositor was seen. */
export const KEPT_FOR = 30 * 24 * 60 * 60_000

/** Who keeps the items of mirrors, as their holder sees it. */
export interface MirrorItems {
  /** Somebody would have other items of a mirror kept. */
  list(id: string, lister: Lister, change: ListChange): void
  /** What depositors of a mirror would have kept, the newest first. */
  listed(id: string): readonly ItemName[]
  /** What became of what somebody would have kept. */
  keeping(id: string, lister: Lister): Iterable<readonly [root: string, keeping: Keeping]>
  /** A depositor withdrew from a mirror. */
  forget(id: string, depositor: Buffer): void
  /** Mirrors are not held any more. */
  remove(ids: readonly string[]): void
  /** What was not seen for long is let go of. */
  sweep(now: number): void
  /** Resolves once what was said is done. */
  idle(): Promise<void>
}

/** What a held mirror asks of its holder. */
export interface HeldMirrorHost {
  room(mirror: HeldMirror, visitor: Visitor): { readonly bytes: number; readonly refused: Refused }
  store(mirror: HeldMirror, range: LogRange, visitor: Visitor): Promise<Stored>
  note(mirror: HeldMirror, statements: readonly Buffer[], visitor: Visitor): Promise<void>
  settle(mirror: HeldMirror, names: readonly Buffer[], visitor: Visitor): Promise<void>
  readonly time: RunTime
  /** Who keeps items; null while nobody does. */
  items(): MirrorItems | null
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
    return this.stored.bytes + this.itemBytes
  }

  /** Bytes of its items. */
  get itemBytes(): number {
    return this.book.accounts.reduce((sum, { items = 0 }) => sum + items, 0)
  }

  /** Bytes of its records that its accounts count. */
  get counted(): number {
    return this.book.accounts.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Those who deposited it. */
  get depositors(): readonly Account[] {
    return this.book.accounts.filter(({ depositor }) => depositor !== null)
  }

  get until(): number {
    return this.#host.time.wall(this.over)
  }

  /** When its time is over, as RunTime has it. */
  get over(): number {
    return KEPT_FOR + this.depositors.reduce((last, { seen }) => Math.max(last, seen), 0)
  }

  /** Of who deposited it first. */
  get address(): string {
    return this.depositors[0]?.address ?? ''
  }

  /** Bytes that others than depositors brought. */
  get brought(): number {
    return this.book.accounts.reduce((sum, one) => sum + (one.depositor ? 0 : one.bytes), 0)
  }

  /** How many logs were brought by an account, by those beside it, by all who share no room with this device. */
  logsOf(account: Account): LogCounts {
    const unpaired = this.book.accounts.filter((one) => one === account || !isMember(one))
    const sum = (all: readonly Account[]): number => all.reduce((n, { logs }) => n + logs, 0)
    return {
      own: account.logs,
      deposited: account.depositor !== null,
      address: sum(unpaired.filter(({ address }) => address === account.address)),
      unpaired: sum(unpaired),
    }
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
    return this.#host.room(this, visitor)
  }

  store(range: LogRange, visitor: Visitor): Promise<Stored> {
    return this.#host.store(this, range, visitor)
  }

  note(statements: readonly Buffer[], visitor: Visitor): Promise<void> {
    return this.#host.note(this, statements, visitor)
  }

  settle(names: readonly Buffer[], visitor: Visitor): Promise<void> {
    return this.#host.settle(this, names, visitor)
  }

  list(lister: Lister, change: ListChange): void {
    this.#host.items()?.list(this.id, lister, change)
  }

  listed(): readonly ItemName[] {
    return this.#host.items()?.listed(this.id) ?? []
  }

  keeping(lister: Lister): Iterable<readonly [root: string, keeping: Keeping]> {
    return this.#host.items()?.keeping(this.id, lister) ?? []
  }

  /** Writes the book down. */
  async save(): Promise<void> {
    this.dirty = false
    this.book.ran = this.#host.time.now()
    await this.stored.setAbout(encodeBook(this.book))
  }
}

/** True for who deposited and shares a room: others may bring something of the same mirror at its expense. */
function isMember({ depositor, paired }: Account): boolean {
  return paired && depositor !== null
}
