import { hash } from '../../crypto/hash.ts'
import type { LogHead, Span } from '../copy.ts'
import { ListIntake, MAX_LISTED } from '../items/item-lists.ts'
import { KEEPING } from '../items/keeping.ts'
import type { Keeping } from '../items/keeping.ts'
import { mirrorId } from '../mirror-keys.ts'
import type { Refused } from '../policy/refusals.ts'
import { restAfter } from '../policy/rest.ts'
import { flow } from '../policy/roles.ts'
import type { Flow, Kind } from '../policy/roles.ts'
import type { Kept, SharedCopy } from './shared-copy.ts'

/** Logs of one mirror that wait to be asked for over one link; what is more is asked about again. */
const MAX_PENDING = 8192

/** Logs of one mirror of which nothing was wanted, that are looked at again. */
const MAX_ASIDE = 1024
/** Notes that are remembered as told: what is more is told again. */
const MAX_TOLD = 1024

interface Rest {
  readonly head: LogHead
  readonly until: number
}

/** One mirror over one link: what the other side has of it, what it was told, what is wanted of it. */
export class SharedMirror {
  /** Hex. */
  readonly id: string
  /** The initiator's tag. */
  readonly tag: Buffer
  shared: SharedCopy
  /** What the other side is to it; null until it says. */
  theirs: Kind | null = null
  /** The other side had it and does not any more. */
  gone = false
  /** Deposited over this link by this key. */
  depositor: Buffer | null = null
  /** What a holder at the other end said of it. */
  kept: Kept | null = null
  /** What we said as a holder. */
  said: Kept | null = null
  /** Why we take nothing more of it from the other side. */
  refusing: Refused | null = null
  /** How many blocks of each log (hex) the other side was told of. */
  readonly told = new Map<string, number>()
  /** Statements that both sides have, by a short hash. */
  readonly toldNotes = new Set<string>()
  /** Items that the other side was told to keep, by their roots (hex); null for nothing at all. */
  toldItems: Set<string> | null = null
  /** What it was told that became of items that it would have kept, by their roots (hex). */
  readonly toldKeeping = new Map<string, Keeping>()
  /** What the other side said that became of items that were to be kept there, by their roots (hex). */
  readonly keeping = new Map<string, Keeping>()
  /** What it would have kept, as it is being told. */
  readonly intake = new ListIntake()
  /** What the other side has of each log (hex) that this device has too. */
  readonly has = new Map<string, readonly Span[]>()
  /** More was said than could be noted. */
  missed = false
  /** Logs that are being asked for. */
  jobs = 0
  /** When logs of which nothing was wanted were looked at last; and they are to be once more. */
  lookedAt = -Infinity
  again = false
  /** It sent what no author signed: it is asked for nothing of this mirror. */
  false = false
  readonly #pending = new Map<string, LogHead>()
  readonly #resting = new Map<string, Rest>()
  /** In a row, of logs that it did not serve. */
  readonly #failures = new Map<string, number>()
  /** Heads of logs of which nothing was wanted. */
  readonly #aside = new Map<string, LogHead>()
  #restsUntil = Infinity

  constructor(shared: SharedCopy, tag: Buffer) {
    this.shared = shared
    this.tag = tag
    this.id = mirrorId(shared.key)
  }

  /** What passes, as far as it is known who is at the other end. */
  get flow(): Flow {
    const { scope, kind } = this.shared
    return this.theirs === null ? { gives: false, takes: false } : flow(scope, kind, this.theirs)
  }

  /** Logs that can be asked for now. */
  get pending(): ReadonlyMap<string, LogHead> {
    return this.#pending
  }

  /** True while nothing is left to be asked for. */
  get settled(): boolean {
    return this.#pending.size === 0 && this.#resting.size === 0
  }

  /** The other side says what it has of a log. */
  note(log: string, head: LogHead): void {
    const rest = this.#resting.get(log)
    // Saying more does not end a rest: a peer that lies can say anything.
    if (rest) this.#resting.set(log, { ...rest, head })
    else if (this.#pending.has(log) || this.#pending.size < MAX_PENDING)
      this.#pending.set(log, head)
    else this.missed = true
  }

  /** What the holder at the other end has of a log. */
  hold(log: string, { spans }: LogHead): void {
    if (this.has.has(log) || this.has.size < MAX_PENDING) this.has.set(log, spans)
  }

  /** The other side has a statement. */
  noted(statement: Buffer): void {
    if (this.toldNotes.size < MAX_TOLD) this.toldNotes.add(short(statement))
  }

  /** The other side says what became of items that were to be kept there. */
  onkept(list: readonly { readonly root: Buffer; readonly state: number }[]): void {
    for (const { root, state } of list) {
      const hex = root.toString('hex')
      if (!this.toldItems?.has(hex) || this.keeping.size >= 2 * MAX_LISTED) continue
      this.keeping.set(hex, KEEPING[state]!)
    }
  }

  /** Nothing of what passed before counts: the other side, or what is shared, is another. */
  beginAnew(): void {
    this.has.clear()
    this.told.clear()
    this.toldItems = null
    this.toldKeeping.clear()
    this.keeping.clear()
    this.drop()
  }

  /** It is asked for, or nothing of it is wanted. */
  take(log: string): void {
    this.#pending.delete(log)
  }

  /** It did not serve what it says it has: it is left alone about that log for a while. */
  failed(log: string, head: LogHead, now: number): void {
    const failures = (this.#failures.get(log) ?? 0) + 1
    const until = now + restAfter(failures)
    this.#pending.delete(log)
    if (this.#resting.size >= MAX_PENDING) return
    this.#failures.set(log, failures)
    this.#resting.set(log, { head, until })
    this.#restsUntil = Math.min(this.#restsUntil, until)
  }

  /** Nothing of it was wanted; a room may want it once it knows whose it is. */
  putAside(log: string, head: LogHead): void {
    if (this.shared.kind !== 'room' || this.#aside.size >= MAX_ASIDE) return
    this.#aside.set(log, head)
  }

  /** True when there are logs of which nothing was wanted. */
  get hasAside(): boolean {
    return this.#aside.size > 0
  }

  /** Looks again at what was not wanted, given how far each log (hex) is here; true when something may be. */
  reconsider(here: ReadonlyMap<string, number>): boolean {
    for (const [log, head] of this.#aside) {
      this.#aside.delete(log)
      if ((head.spans.at(-1)?.to ?? 0) > (here.get(log) ?? 0)) this.note(log, head)
    }
    return this.#pending.size > 0
  }

  /** It served a log. */
  served(log: string): void {
    this.#failures.delete(log)
  }

  /** Logs whose rest is over can be asked for again; false when there are none. */
  wake(now: number): boolean {
    if (now < this.#restsUntil) return false
    this.#restsUntil = Infinity
    for (const [log, { head, until }] of this.#resting) {
      if (until > now) this.#restsUntil = Math.min(this.#restsUntil, until)
      else {
        this.#resting.delete(log)
        this.#pending.set(log, head)
      }
    }
    return this.#pending.size > 0
  }

  /** Nothing more is asked for, until more is said. */
  drop(): void {
    this.#pending.clear()
    this.#resting.clear()
    this.#aside.clear()
  }
}

/** Names a statement among few. */
export function short(statement: Buffer): string {
  return hash([statement], { size: 16 }).toString('hex')
}
