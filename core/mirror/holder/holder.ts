import { every } from '../../clock.ts'
import type { Clock, Timer } from '../../clock.ts'
import { errorCode } from '../../errors.ts'
import { each } from '../../files/store/each.ts'
import type { Logger } from '../../logger.ts'
import { Turn } from '../../turn.ts'
import type { LogRange, Stored } from '../copy.ts'
import type { Deposit, Keeper, Kept, Lister, SharedCopy, Visitor } from '../exchange/shared-copy.ts'
import { mirrorId } from '../mirror-keys.ts'
import { giveWay } from '../policy/eviction.ts'
import { mayAddLog } from '../policy/log-places.ts'
import { roomFor, roomToBring } from '../policy/quota.ts'
import type { Quota } from '../policy/quota.ts'
import type { Refused } from '../policy/refusals.ts'
import { sizeOf } from '../range/prove.ts'
import { decodeBook, encodeBook, MAX_ACCOUNTS } from './account.ts'
import type { Account, Book } from './account.ts'
import { HeldMirror } from './held-mirror.ts'
import type { MirrorItems } from './held-mirror.ts'
import { dropNotes, keepNotes, notesOver } from './held-notes.ts'
import { ENTRY, Ledger } from './ledger.ts'
import { RunTime } from './run-time.ts'
import type { Shelf, ShelfMirror } from './shelf.ts'

/** How often what is over is looked for. */
const SWEEP = 60 * 60_000
/** Books that are read together. */
const AT_ONCE = 16
/** How long one counts as who shares a room after it did; who just connected is not known as that yet. */
const PAIRED_FOR = 24 * 60 * 60_000
/** What who shares no room says of statements is believed once it has been here for so long. */
const KNOWN_FOR = 24 * 60 * 60_000
/** How long a mirror whose book is damaged waits for who deposited it. */
const GRACE = 24 * 60 * 60_000
/** How long changes of the books are gathered. */
const SAVE_AFTER = 5_000
/** Mirrors of all; half of them for those who share a room with this device, at most half from one address. */
const MAX_MIRRORS = 2000
/** Accounts of those at one address who share no room with this device. */
const MAX_AT_ADDRESS = 256
/** Of those at one address who share none, in one mirror. */
const MAX_BESIDE = 16
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

/** One who deposited a mirror (hex id) and is connected. */
export interface Present {
  readonly id: string
  readonly depositor: Buffer
  readonly paired: boolean
}

export interface HolderOptions {
  readonly archive: Shelf
  readonly quota: () => Quota
  readonly clock: Clock
  readonly logger: Logger
  /** What is carried for strangers in the same space. */
  readonly loose?: Loose
  /** Depositors who are connected: their time begins anew. */
  readonly present?: () => Iterable<Present>
  /** Mirrors came or went. */
  readonly onchange: () => void
}

/** A blind peer: holds mirrors for whoever deposits them, within quotas, and can read none of them. */
export class Holder implements Keeper {
  readonly #options: HolderOptions
  readonly #held = new Map<string, HeldMirror>()
  readonly #ledger = new Ledger()
  /** Mirrors whose books are damaged, and since when. */
  readonly #damaged = new Map<string, { readonly stored: ShelfMirror; readonly at: number }>()
  /** By which all that is held ages. */
  readonly time: RunTime
  /** Who keeps the items of what is held; null while nobody does. */
  items: MirrorItems | null = null
  #sweeper: Timer | null = null
  /** Deposits, withdrawals and evictions, one after another. */
  readonly #turn = new Turn()
  #saving: Timer | null = null
  #closed = false

  private constructor(options: HolderOptions) {
    this.#options = options
    this.time = new RunTime(options.clock)
  }

  /** Reads whose mirrors an archive holds. Errors: those of the disk. */
  static async open(options: HolderOptions): Promise<Holder> {
    const holder = new Holder(options)
    const mirrors = [...options.archive.mirrors()].filter(({ kind }) => kind === 'mirror')
    await each(mirrors, async (stored) => holder.#open(stored, await stored.about()), AT_ONCE)
    holder.#sweeper = holder.#sweepOften()
    return holder
  }

  /** All that is held, as sessions find it. */
  *copies(): Generator<SharedCopy> {
    for (const { copies } of this.#held.values()) yield* copies
  }

  /** How much is held. */
  get held(): { readonly mirrors: number; readonly depositors: number; readonly bytes: number } {
    let bytes = this.#damagedBytes
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
    return this.#turn.run(async () => {
      const account = this.#payer(id, lister)
      if (!account || this.#closed) return 'closed'
      const { depositor, address, paired } = account
      const visitor = { depositor, address, paired }
      const { total } = this.#options.quota()
      const spare = bytes + Math.min(FOR_RECORDS, total * FOR_RECORDS_SHARE)
      const { bytes: room, refused } = this.#room(visitor)
      if (room < spare) return refused
      await this.#makeRoom(spare, visitor)
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
    return this.#turn.run(async () => {
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
    return this.#turn.run(async () => {
      const held = this.#held.get(id)
      const account = held?.account(depositor, '')
      if (!held || !account) return
      if (held.depositors.length === 1) return this.#remove([held])
      const others = held.depositors.filter((one) => one !== account)
      // What it brought stays for the others: it counts for who shares a room here, or came first.
      const heir = others.find(({ paired }) => paired) ?? others[0]!
      this.#ledger.remove(account)
      held.book.accounts.splice(held.book.accounts.indexOf(account), 1)
      this.#ledger.change(heir, (one) => {
        one.bytes += account.bytes
        one.logs += account.logs
      })
      this.#follow(held)
      this.items?.forget(id, depositor)
      await held.save()
    })
  }

  /** Deletes all that is held. */
  async drop(): Promise<void> {
    await this.#turn.run(() => this.#remove([...this.#held.values()]))
    await this.items?.idle()
  }

  /** Deletes what is over. */
  sweep(): Promise<void> {
    return this.#turn.run(async () => {
      const now = this.time.now()
      this.time.anchor()
      for (const { id, depositor, paired } of this.#options.present?.() ?? []) {
        const held = this.#held.get(id)
        const account = held?.account(depositor, '')
        if (held && account) this.#see(held, account, paired)
      }
      await this.#remove([...this.#held.values()].filter(({ over }) => over <= now))
      for (const [id, { at }] of this.#damaged) if (at + GRACE <= now) await this.#erase(id)
      for (const held of this.#held.values()) {
        this.#reconcile(held)
        await dropNotes(held, notesOver(held, now))
      }
      await this.#saveTime()
      this.items?.sweep(now)
    })
  }

  /** Writes down what was not yet, and ends. The archive is closed by whoever opened it. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#saving?.cancel()
    this.#sweeper?.cancel()
    await this.#turn.over()
    await this.#saveTime()
    await this.#save()
  }

  #sweepOften(): Timer {
    const { clock, logger } = this.#options
    return every(clock, SWEEP, () =>
      this.sweep().catch((error: unknown) => {
        logger.warn('mirror-sweep', { code: errorCode(error) })
      }),
    )
  }

  #open(stored: ShelfMirror, about: Buffer): void {
    const book = decodeBook(about)
    // Whose key is lost can be found by nobody but who deposits it again.
    if (!book || mirrorId(book.key) !== stored.id || book.accounts.length === 0) {
      this.#damaged.set(stored.id, { stored, at: this.time.now() })
      return
    }
    this.time.begin(book.ran)
    const held = this.#keep(book, stored)
    for (const account of book.accounts) this.#ledger.add(account)
    this.#reconcile(held)
  }

  /** The books are written later than what is counted in them, and an archive that is tidied takes less. */
  #reconcile(held: HeldMirror): void {
    const { counted, bytes, book } = held
    if (held.storing > 0 || counted === bytes) return
    if (counted < bytes) {
      this.#ledger.change(this.#unknown(held), (one) => (one.bytes += bytes - counted))
      return
    }
    for (const account of book.accounts) {
      this.#ledger.change(account, (one) => (one.bytes = Math.floor((one.bytes / counted) * bytes)))
    }
  }

  /** Who pays for what nobody knows who brought: an account of its own, so that it is nobody's share. */
  #unknown({ book }: HeldMirror): Account {
    const { accounts } = book
    if (accounts.length === 1 || accounts.length >= MAX_ACCOUNTS) return accounts[0]!
    const known = accounts.find(({ depositor, address }) => depositor === null && address === '')
    if (known) return known
    const account = newAccount({ depositor: null, address: '', paired: false }, this.time.now())
    accounts.push(account)
    this.#ledger.add(account)
    return account
  }

  #keep(book: Book, stored: ShelfMirror): HeldMirror {
    const held = new HeldMirror(book, stored, {
      time: this.time,
      room: (mirror, visitor) => this.#roomIn(mirror, visitor),
      store: (mirror, range, visitor) => this.#store(mirror, range, visitor),
      note: (mirror, statements, visitor) =>
        this.#turn.run(async () => {
          if (this.#held.get(mirror.id) !== mirror) return
          await keepNotes(mirror, statements, visitor, this.time.now())
        }),
      settle: (mirror, names, visitor) =>
        this.#turn.run(async () => {
          const gone = this.#held.get(mirror.id) !== mirror
          if (!gone && this.#judges(mirror, visitor)) await dropNotes(mirror, names)
        }),
      items: () => this.items,
    })
    this.#held.set(held.id, held)
    return held
  }

  /** True for who may say that statements are over. */
  #judges(held: HeldMirror, { depositor, address, paired }: Visitor): boolean {
    const account = depositor && held.account(depositor, address)
    return !!account && (paired || account.since + KNOWN_FOR <= this.time.now())
  }

  #room({ depositor, address, paired }: Visitor): { bytes: number; refused: Refused } {
    const loose = this.#loose
    const used = this.#ledger.used(depositor, address)
    let evictable = loose
    if (paired) for (const held of this.#held.values()) if (!held.paired) evictable += costOf(held)
    const total = used.total + loose
    return roomFor(paired, { ...used, total, loose, evictable }, this.#options.quota())
  }

  /** What others bring of a mirror that members deposited is their matter, not that of an address. */
  #roomIn(held: HeldMirror, visitor: Visitor): { bytes: number; refused: Refused } {
    if (visitor.depositor || visitor.paired || !held.paired) return this.#room(visitor)
    const loose = this.#loose
    const total = this.#ledger.total + loose
    return roomToBring(held.brought, { total, loose }, this.#options.quota())
  }

  /** Bytes that give way to anybody. */
  get #loose(): number {
    return (this.#options.loose?.bytes ?? 0) + this.#damagedBytes
  }

  get #damagedBytes(): number {
    let bytes = 0
    for (const { stored } of this.#damaged.values()) bytes += stored.bytes
    return bytes
  }

  async #take(id: string, deposit: Deposit): Promise<Refused | null> {
    const { key, depositor, address, paired } = deposit
    if (this.#closed) return 'closed'
    const before = this.#held.get(id)
    const known = before?.account(depositor, address)
    if (before && known) {
      this.#see(before, known, paired)
      return null
    }
    const refused = this.#admits(before, deposit)
    if (refused) return refused
    await this.#makeRoom(ENTRY, deposit)
    const account = newAccount(deposit, this.time.now())
    if (before && this.#held.has(id)) {
      if (before.book.accounts.length >= MAX_ACCOUNTS) this.#displace(before, account)
      before.book.accounts.push(account)
      this.#ledger.add(account)
      this.#see(before, account, paired)
      return null
    }
    const book: Book = { key, accounts: [account], notes: [], ran: this.time.now() }
    const { archive } = this.#options
    const about = encodeBook(book)
    // One whose book was damaged may be there.
    const there = archive.get(id)
    await there?.setAbout(about)
    const stored = there ?? (await archive.create(id, 'mirror', about))
    this.#damaged.delete(id)
    this.#keep(book, stored)
    account.bytes = stored.bytes
    this.#ledger.add(account)
    this.#options.onchange()
    return null
  }

  #admits(before: HeldMirror | undefined, visitor: Visitor): Refused | null {
    const { address, paired } = visitor
    if (before && this.#isCrowded(before, visitor)) return 'crowded'
    if (!before && this.#held.size >= (paired ? MAX_MIRRORS : MAX_MIRRORS / 2)) return 'full'
    if (!paired && this.#ledger.accountsAt(address) >= MAX_AT_ADDRESS) return 'address'
    if (!before && paired && this.#mirrorsFrom(address) >= MAX_MIRRORS / 2) return 'address'
    const { bytes, refused } = this.#room(visitor)
    return bytes < ENTRY ? refused : null
  }

  #mirrorsFrom(at: string): number {
    return [...this.#held.values()].filter(({ address }) => address === at).length
  }

  #isCrowded({ book: { accounts } }: HeldMirror, { address, paired }: Visitor): boolean {
    const strange = accounts.filter((one) => !one.paired)
    if (paired) return accounts.length >= MAX_ACCOUNTS && strange.length === 0
    const beside = strange.filter((one) => one.depositor && one.address === address)
    return accounts.length >= MAX_ACCOUNTS || beside.length >= MAX_BESIDE
  }

  /** One who shares no room gives its place to one who does, which pays from now on for what it brought. */
  #displace(held: HeldMirror, account: Account): void {
    const { accounts } = held.book
    const strange = accounts.filter((one) => !one.paired)
    const gone = strange.reduce((least, one) => (one.bytes < least.bytes ? one : least))
    this.#ledger.remove(gone)
    accounts.splice(accounts.indexOf(gone), 1)
    account.bytes += gone.bytes
    account.logs += gone.logs
    if (gone.depositor) this.items?.forget(held.id, gone.depositor)
  }

  async #store(held: HeldMirror, range: LogRange, visitor: Visitor): Promise<Stored> {
    const account = this.#accountOf(held, visitor)
    if (!account) return 'full'
    const size = sizeOf(range.blocks) + RANGE
    if (this.#over(size) > 0) await this.#turn.run(() => this.#makeRoom(size, visitor))
    let charged = 0
    let added = 0
    let stored: Stored = 'full'
    held.storing++
    try {
      stored = await held.stored.store(range, (_, bytes, fresh) => {
        const gone = this.#closed || this.#held.get(held.id) !== held
        if (gone || this.#roomIn(held, visitor).bytes < bytes) return false
        if (fresh && !mayAddLog(visitor.paired, held.logsOf(account))) return false
        // Counted first: many ranges may be on their way.
        this.#ledger.change(account, (one) => (one.bytes += bytes))
        charged = bytes
        added = Number(fresh)
        account.logs += added
        return true
      })
    } finally {
      held.storing--
      const counted = this.#held.get(held.id) === held && held.book.accounts.includes(account)
      if (stored !== 'stored' && charged > 0 && counted) {
        this.#ledger.change(account, (one) => (one.bytes -= charged))
        account.logs -= added
      }
    }
    if (stored === 'stored') this.#see(held, account, visitor.paired)
    return stored
  }

  /** Who brings something pays for it, whoever deposited the mirror. */
  #accountOf(held: HeldMirror, visitor: Visitor): Account | null {
    const { depositor, address } = visitor
    const known = held.account(depositor, address)
    if (known) {
      if (visitor.paired) this.#pair(known, true)
      return known
    }
    if (depositor || held.book.accounts.length >= MAX_ACCOUNTS) return null
    const paired = visitor.paired || held.paired
    if (!paired && this.#ledger.accountsAt(address) >= MAX_AT_ADDRESS) return null
    const account = newAccount({ depositor: null, address, paired }, this.time.now())
    held.book.accounts.push(account)
    this.#ledger.add(account)
    return account
  }

  /** Who shared a room once does not for good. */
  #pair(account: Account, paired: boolean): void {
    const now = this.time.now()
    if (paired) account.pairedAt = now
    const is = paired || (account.paired && account.pairedAt + PAIRED_FOR > now)
    if (is !== account.paired) this.#ledger.change(account, (one) => (one.paired = is))
  }

  /** What was brought by who deposited nothing counts as the mirror's depositors do. */
  #follow({ book, paired }: HeldMirror): void {
    for (const account of book.accounts) {
      const is = paired || (account.pairedAt > 0 && account.pairedAt + PAIRED_FOR > this.time.now())
      if (account.depositor || account.paired === is) continue
      this.#ledger.change(account, (one) => (one.paired = is))
    }
  }

  #payer(id: string, { key, node, address, paired }: Lister): Account | null {
    const held = this.#held.get(id)
    return held ? this.#accountOf(held, { depositor: node ? null : key, address, paired }) : null
  }

  #see(held: HeldMirror, account: Account, paired: boolean): void {
    account.seen = this.time.now()
    if (account.depositor) this.#pair(account, paired)
    this.#follow(held)
    held.dirty = true
    if (this.#closed) return
    this.#saving ??= this.#options.clock.after(SAVE_AFTER, () => {
      this.#saving = null
      void this.#turn.run(() => this.#save())
    })
  }

  /** The book of one is enough to know the time after a restart. */
  async #saveTime(): Promise<void> {
    const [held] = this.#held.values()
    if (!held) return
    held.dirty = true
    await this.#save()
  }

  async #save(): Promise<void> {
    for (const held of this.#held.values()) {
      if (!held.dirty) continue
      await held.save().catch((error: unknown) => {
        this.#options.logger.warn('mirror-book', { code: errorCode(error) })
      })
    }
  }

  /** Bytes that there are too many, with so many more. */
  #over(bytes: number): number {
    return this.#ledger.total + this.#loose + bytes - this.#options.quota().total
  }

  /** For those who share no room with this device, nothing of a depositor gives way before its time. */
  async #makeRoom(bytes: number, visitor: Visitor): Promise<void> {
    const { loose } = this.#options
    if (this.#over(bytes) <= 0) return
    const now = this.time.now()
    await this.#remove([...this.#held.values()].filter(({ over }) => over <= now))
    if (this.#over(bytes) > 0) await loose?.free(this.#over(bytes))
    for (const id of this.#damaged.keys()) if (this.#over(bytes) > 0) await this.#erase(id)
    // For nothing, where it would be refused all the same.
    if (this.#over(bytes) <= 0 || !visitor.paired || this.#room(visitor).bytes < bytes) return
    const held = [...this.#held.values()].map((one) => ({
      one,
      id: one.id,
      bytes: costOf(one),
      until: one.over,
      paired: one.paired,
      since: one.since,
      address: one.address,
    }))
    await this.#remove(giveWay(held, this.#over(bytes), now).map(({ one }) => one))
  }

  async #erase(id: string): Promise<void> {
    this.#damaged.delete(id)
    await this.#options.archive.remove(id).catch((error: unknown) => {
      this.#options.logger.warn('mirror-remove', { code: errorCode(error) })
    })
  }

  async #remove(gone: readonly HeldMirror[]): Promise<void> {
    if (gone.length === 0) return
    for (const held of gone) {
      this.#held.delete(held.id)
      for (const account of held.book.accounts) this.#ledger.remove(account)
    }
    this.items?.remove(gone.map(({ id }) => id))
    this.#options.onchange()
    for (const { id } of gone) await this.#erase(id)
  }
}

function costOf(held: HeldMirror): number {
  return held.counted + held.itemBytes + ENTRY * held.book.accounts.length
}

function newAccount({ depositor, address, paired }: Visitor, now: number): Account {
  const pairedAt = paired ? now : 0
  return { depositor, address, paired, pairedAt, since: now, seen: now, bytes: 0, logs: 0 }
}
