import type { Clock, Timer } from '../../clock.ts'
import { hash } from '../../crypto/hash.ts'
import { errorCode } from '../../errors.ts'
import { each } from '../../files/store/each.ts'
import type { Logger } from '../../logger.ts'
import { MAX_NOTES } from '../copy.ts'
import type { LogRange, Stored } from '../copy.ts'
import type { Deposit, Keeper, Kept, Lister, SharedCopy, Visitor } from '../exchange/shared-copy.ts'
import { mirrorId } from '../mirror-keys.ts'
import { expired, giveWay } from '../policy/eviction.ts'
import { roomFor } from '../policy/quota.ts'
import type { Quota } from '../policy/quota.ts'
import type { Refused } from '../policy/refusals.ts'
import { sizeOf } from '../range/prove.ts'
import { decodeBook, encodeBook, MAX_ACCOUNTS, SHORT } from './account.ts'
import type { Account, Book } from './account.ts'
import { HeldMirror } from './held-mirror.ts'
import type { MirrorItems } from './held-mirror.ts'
import { ENTRY, Ledger } from './ledger.ts'
import type { Shelf, ShelfMirror } from './shelf.ts'

/** How often what is over is looked for. */
const SWEEP = 60 * 60_000
/** Books that are read together. */
const AT_ONCE = 16
/** How long a join statement waits for a member. */
const NOTE_KEPT = 30 * 24 * 60 * 60_000
/** How long changes of the books are gathered. */
const SAVE_AFTER = 5_000
/** Mirrors of all; half of them for those who share a room with this device. */
const MAX_MIRRORS = 2000
/** Accounts of those at one address who share no room with this device. */
const MAX_AT_ADDRESS = 256
/** What a range costs beside its blocks, about. */
const RANGE = 512
/** What items leave free for records, and the most of all space that this is. */
const FOR_RECORDS = 4 * 1024 * 1024
const FOR_RECORDS_SHARE = 1 / 8

/** What is carried for strangers in the same space: it gives way to deposits. */
export interface Loose {
  readonly bytes: number
  /** Frees at least so many bytes, if there are as many. */
  free(bytes: number): Promise<void>
}

export interface HolderOptions {
  readonly archive: Shelf
  readonly quota: () => Quota
  readonly clock: Clock
  readonly logger: Logger
  /** What is carried for strangers in the same space. */
  readonly loose?: Loose
  /** Deposits (mirror id, hex) whose depositors are connected: their time begins anew. */
  readonly present?: () => Iterable<{ readonly id: string; readonly depositor: Buffer }>
  /** Mirrors came or went. */
  readonly onchange: () => void
}

/** A blind peer: holds mirrors for whoever deposits them, within quotas, and can read none of them. */
export class Holder implements Keeper {
  readonly #options: HolderOptions
  readonly #held = new Map<string, HeldMirror>()
  readonly #ledger = new Ledger()
  /** Who keeps the items of what is held; null while nobody does. */
  items: MirrorItems | null = null
  readonly #sweeper: Timer[] = []
  /** Deposits, withdrawals and evictions, one after another. */
  #turn: Promise<unknown> = Promise.resolve()
  #saving: Timer | null = null
  #closed = false

  private constructor(options: HolderOptions) {
    this.#options = options
  }

  /** Reads whose mirrors an archive holds. Errors: those of the disk. */
  static async open(options: HolderOptions): Promise<Holder> {
    const holder = new Holder(options)
    const mirrors = [...options.archive.mirrors()].filter(({ kind }) => kind === 'mirror')
    await each(mirrors, async (stored) => holder.#open(stored, await stored.about()), AT_ONCE)
    holder.#plan()
    return holder
  }

  /** All that is held, as sessions find it. */
  *copies(): Generator<SharedCopy> {
    for (const { copies } of this.#held.values()) yield* copies
  }

  /** How much is held. */
  get held(): { readonly mirrors: number; readonly depositors: number; readonly bytes: number } {
    let bytes = 0
    for (const mirror of this.#held.values()) bytes += mirror.bytes
    return { mirrors: this.#held.size, depositors: this.#ledger.depositors, bytes }
  }

  /** Bytes that it would still take from who is at the other end. */
  free(visitor: Visitor): number {
    return this.#room(visitor).bytes
  }

  /** A mirror (hex id) in the archive; null for one that is not held. */
  stored(id: string): ShelfMirror | null {
    return this.#held.get(id)?.stored ?? null
  }

  /** Takes space for an item that somebody would have kept; says why not, or null. */
  reserve(id: string, lister: Lister, bytes: number): Promise<Refused | null> {
    return this.#inTurn(async () => {
      const account = this.#payer(id, lister)
      if (!account || this.#closed) return 'closed'
      const { depositor, address, paired } = account
      const visitor = { depositor, address, paired }
      const { total } = this.#options.quota()
      const spare = bytes + Math.min(FOR_RECORDS, total * FOR_RECORDS_SHARE)
      const { bytes: room, refused } = this.#room(visitor)
      if (room < spare) return refused
      if (paired) await this.#makeRoom(spare)
      if (!this.#held.has(id)) return 'closed'
      this.#ledger.change(account, (one) => (one.items = (one.items ?? 0) + bytes))
      return null
    })
  }

  /** Counts what was taken in an earlier run; false where there is nobody for whom to count it. */
  restore(id: string, lister: Lister, bytes: number): boolean {
    const account = this.#payer(id, lister)
    if (account) this.#ledger.change(account, (one) => (one.items = (one.items ?? 0) + bytes))
    return account !== null
  }

  /** Gives back space that was taken for an item. */
  release(id: string, { key, node, address }: Lister, bytes: number): void {
    const account = this.#held.get(id)?.account(node ? null : key, address)
    if (!account) return
    this.#ledger.change(account, (one) => (one.items = Math.max(0, (one.items ?? 0) - bytes)))
  }

  /** Takes a deposit in, or says why not; said again, it renews. Never rejects. */
  deposit(deposit: Deposit): Promise<Kept> {
    return this.#inTurn(async () => {
      const id = mirrorId(deposit.key)
      try {
        const refused = await this.#take(id, deposit)
        const held = this.#held.get(id)
        return { refused, until: held?.until ?? 0, bytes: held?.bytes ?? 0 }
      } catch (error) {
        this.#options.logger.warn('mirror-deposit', { code: errorCode(error) })
        return { refused: 'full', until: 0, bytes: 0 }
      }
    })
  }

  /** A depositor withdrew: all is deleted with the last of them. */
  forget(id: string, depositor: Buffer): Promise<void> {
    return this.#inTurn(async () => {
      const held = this.#held.get(id)
      const account = held?.account(depositor, '')
      if (!held || !account) return
      if (held.depositors.length === 1) return this.#remove([held])
      const others = held.depositors.filter((one) => one !== account)
      // What it brought stays for the others: it counts for who shares a room here, or came first.
      const heir = others.find(({ paired }) => paired) ?? others[0]!
      this.#ledger.remove(account)
      held.book.accounts.splice(held.book.accounts.indexOf(account), 1)
      this.#ledger.change(heir, (one) => (one.bytes += account.bytes))
      this.items?.forget(id, depositor)
      await held.save()
    })
  }

  /** Deletes all that is held. */
  async drop(): Promise<void> {
    await this.#inTurn(() => this.#remove([...this.#held.values()]))
    await this.items?.idle()
  }

  /** Deletes what is over. */
  sweep(): Promise<void> {
    return this.#inTurn(async () => {
      const now = this.#options.clock.now()
      for (const { id, depositor } of this.#options.present?.() ?? []) {
        const held = this.#held.get(id)
        const account = held?.account(depositor, '')
        if (held && account) this.#see(held, account, now)
      }
      await this.#remove(expired([...this.#held.values()], now))
      for (const held of this.#held.values()) {
        this.#reconcile(held)
        if (held.book.notes.length > 0) await this.#dropNotes(held, now)
      }
      this.items?.sweep(now)
    })
  }

  /** Writes down what was not yet, and ends. The archive is closed by whoever opened it. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#saving?.cancel()
    for (const timer of this.#sweeper) timer.cancel()
    await this.#turn
    await this.#save()
  }

  #plan(): void {
    this.#sweeper[0] = this.#options.clock.after(SWEEP, () => {
      void this.sweep()
        .catch((error: unknown) => {
          this.#options.logger.warn('mirror-sweep', { code: errorCode(error) })
        })
        .finally(() => {
          if (!this.#closed) this.#plan()
        })
    })
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run)
    this.#turn = turn.catch(() => {})
    return turn
  }

  #open(stored: ShelfMirror, about: Buffer): void {
    const book = decodeBook(about)
    // Whose key is lost can be found by nobody.
    if (!book || mirrorId(book.key) !== stored.id || book.accounts.length === 0) return
    const held = this.#keep(book, stored)
    for (const account of book.accounts) this.#ledger.add(account)
    this.#reconcile(held)
  }

  /** The books are written later than what is counted in them, and an archive that is tidied takes less. */
  #reconcile(held: HeldMirror): void {
    const { counted, bytes, book } = held
    if (held.storing > 0 || counted === bytes) return
    if (counted < bytes) {
      this.#ledger.change(book.accounts[0]!, (one) => (one.bytes += bytes - counted))
      return
    }
    for (const account of book.accounts) {
      this.#ledger.change(account, (one) => (one.bytes = Math.floor((one.bytes / counted) * bytes)))
    }
  }

  #keep(book: Book, stored: ShelfMirror): HeldMirror {
    const held = new HeldMirror(book, stored, {
      room: (visitor) => this.#room(visitor),
      store: (mirror, range, visitor) => this.#store(mirror, range, visitor),
      note: (mirror, statements) => this.#inTurn(() => this.#note(mirror, statements)),
      items: () => this.items,
    })
    this.#held.set(held.id, held)
    return held
  }

  #room({ depositor, address, paired }: Visitor): { bytes: number; refused: Refused } {
    const loose = this.#options.loose?.bytes ?? 0
    const used = this.#ledger.used(depositor, address)
    let evictable = loose
    if (paired) for (const held of this.#held.values()) if (!held.paired) evictable += costOf(held)
    const total = used.total + loose
    return roomFor(paired, { ...used, total, loose, evictable }, this.#options.quota())
  }

  async #take(id: string, deposit: Deposit): Promise<Refused | null> {
    const { key, depositor, address, paired } = deposit
    const now = this.#options.clock.now()
    if (this.#closed) return 'closed'
    const before = this.#held.get(id)
    const known = before?.account(depositor, address)
    if (before && known) {
      this.#ledger.change(known, (one) => {
        one.address = address
        one.paired ||= paired
      })
      this.#see(before, known, now)
      return null
    }
    const refused = this.#admits(before, deposit)
    if (refused) return refused
    if (paired) await this.#makeRoom(ENTRY)
    const account: Account = { depositor, address, paired, since: now, seen: now, bytes: 0 }
    if (before && this.#held.has(id)) {
      before.book.accounts.push(account)
      this.#ledger.add(account)
      await before.save()
      return null
    }
    const book: Book = { key, accounts: [account], notes: [] }
    const { archive } = this.#options
    const about = encodeBook(book)
    // One whose book was damaged may be there.
    const there = archive.get(id)
    await there?.setAbout(about)
    const stored = there ?? (await archive.create(id, 'mirror', about))
    this.#keep(book, stored)
    account.bytes = stored.bytes
    this.#ledger.add(account)
    this.#options.onchange()
    return null
  }

  #admits(before: HeldMirror | undefined, visitor: Visitor): Refused | null {
    const { address, paired } = visitor
    if (before && before.book.accounts.length >= MAX_ACCOUNTS) return 'crowded'
    if (!before && this.#held.size >= (paired ? MAX_MIRRORS : MAX_MIRRORS / 2)) return 'full'
    if (!paired && this.#ledger.accountsAt(address) >= MAX_AT_ADDRESS) return 'address'
    const { bytes, refused } = this.#room(visitor)
    return bytes < ENTRY ? refused : null
  }

  async #store(held: HeldMirror, range: LogRange, visitor: Visitor): Promise<Stored> {
    const account = this.#accountOf(held, visitor)
    if (!account) return 'full'
    if (visitor.paired) await this.#inTurn(() => this.#makeRoom(sizeOf(range.blocks) + RANGE))
    let charged = 0
    let stored: Stored = 'full'
    held.storing++
    try {
      stored = await held.stored.store(range, (_, bytes) => {
        const gone = this.#closed || this.#held.get(held.id) !== held
        if (gone || this.#room(visitor).bytes < bytes) return false
        // Counted first: many ranges may be on their way.
        this.#ledger.change(account, (one) => (one.bytes += bytes))
        charged = bytes
        return true
      })
    } finally {
      held.storing--
      const counted = this.#held.get(held.id) === held && held.book.accounts.includes(account)
      if (stored !== 'stored' && charged > 0 && counted) {
        this.#ledger.change(account, (one) => (one.bytes -= charged))
      }
    }
    if (stored === 'stored') this.#see(held, account, this.#options.clock.now())
    return stored
  }

  /** Who brings something pays for it, whoever deposited the mirror. */
  #accountOf(held: HeldMirror, { depositor, address, paired }: Visitor): Account | null {
    const known = held.account(depositor, address)
    if (known) {
      if (paired && !known.paired) this.#ledger.change(known, (one) => (one.paired = true))
      return known
    }
    if (depositor || held.book.accounts.length >= MAX_ACCOUNTS) return null
    if (!paired && this.#ledger.accountsAt(address) >= MAX_AT_ADDRESS) return null
    const now = this.#options.clock.now()
    const account = { depositor: null, address, paired, since: now, seen: now, bytes: 0 }
    held.book.accounts.push(account)
    this.#ledger.add(account)
    return account
  }

  async #note(held: HeldMirror, statements: readonly Buffer[]): Promise<void> {
    if (this.#held.get(held.id) !== held) return
    const { notes } = held.book
    const at = this.#options.clock.now()
    const known = new Set(notes.map(({ name }) => name.toString('hex')))
    const news = statements
      .filter((statement) => !known.has(shortOf(statement).toString('hex')))
      .slice(0, MAX_NOTES - notes.length)
    if (news.length === 0) return
    await held.stored.note(news)
    for (const statement of news) notes.push({ name: shortOf(statement), at })
    await held.save()
  }

  async #dropNotes(held: HeldMirror, now: number): Promise<void> {
    const { notes } = held.book
    const over = notes.filter(({ at }) => at + NOTE_KEPT <= now)
    if (over.length === 0) return
    const names = new Set(over.map(({ name }) => name.toString('hex')))
    const kept = await held.stored.notes()
    await held.stored.dropNotes(kept.filter((one) => names.has(shortOf(one).toString('hex'))))
    held.book.notes.splice(0, notes.length, ...notes.filter((note) => !over.includes(note)))
    await held.save()
  }

  #payer(id: string, { key, node, address, paired }: Lister): Account | null {
    const held = this.#held.get(id)
    return held ? this.#accountOf(held, { depositor: node ? null : key, address, paired }) : null
  }

  #see(held: HeldMirror, account: Account, now: number): void {
    account.seen = Math.max(account.seen, now)
    held.dirty = true
    if (this.#closed) return
    this.#saving ??= this.#options.clock.after(SAVE_AFTER, () => {
      this.#saving = null
      void this.#inTurn(() => this.#save())
    })
  }

  async #save(): Promise<void> {
    for (const held of this.#held.values()) {
      if (!held.dirty) continue
      await held.save().catch((error: unknown) => {
        this.#options.logger.warn('mirror-book', { code: errorCode(error) })
      })
    }
  }

  /** Of those who share a room with this device; for others nothing of a depositor gives way. */
  async #makeRoom(bytes: number): Promise<void> {
    const { quota, loose, clock } = this.#options
    const over = (): number => this.#ledger.total + (loose?.bytes ?? 0) + bytes - quota().total
    if (over() <= 0) return
    await this.#remove(expired([...this.#held.values()], clock.now()))
    if (over() > 0) await loose?.free(over())
    if (over() <= 0) return
    const held = [...this.#held.values()].map((one) => ({
      one,
      id: one.id,
      bytes: costOf(one),
      until: one.until,
      paired: one.paired,
      since: one.since,
    }))
    await this.#remove(giveWay(held, over(), clock.now()).map(({ one }) => one))
  }

  async #remove(gone: readonly HeldMirror[]): Promise<void> {
    if (gone.length === 0) return
    for (const held of gone) {
      this.#held.delete(held.id)
      for (const account of held.book.accounts) this.#ledger.remove(account)
    }
    this.items?.remove(gone.map(({ id }) => id))
    this.#options.onchange()
    for (const { id } of gone) {
      await this.#options.archive.remove(id).catch((error: unknown) => {
        this.#options.logger.warn('mirror-remove', { code: errorCode(error) })
      })
    }
  }
}

function costOf(held: HeldMirror): number {
  return held.counted + held.itemBytes + ENTRY * held.book.accounts.length
}

function shortOf(statement: Buffer): Buffer {
  return hash([statement], { size: SHORT })
}
