import type { LogHead, Span } from '../copy.ts'
import { ListIntake, MAX_LISTED } from '../items/item-lists.ts'
import { KEEPING } from '../items/keeping.ts'
import type { Keeping } from '../items/keeping.ts'
import { mirrorId } from '../mirror-keys.ts'
import type { Refused } from '../policy/refusals.ts'
import { flow } from '../policy/roles.ts'
import type { Flow, Kind } from '../policy/roles.ts'
import type { LinkMemory } from './link-memory.ts'
import { shortOf } from '../short-name.ts'
import type { Kept, SharedCopy } from './shared-copy.ts'
import { MAX_PENDING, WantedLogs } from './wanted-logs.ts'

/** Notes that are remembered as told: what is more is told again. */
const MAX_TOLD = 1024

/** What it takes to remember that a holder has a log, and each of its spans. */
const HELD = 224
const HELD_SPAN = 80

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
  /** Changes up to this one were told (LogVersions). */
  told = 0
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
  /** What it says it has, and is not asked for yet. */
  readonly wanted: WantedLogs
  /** Logs that are being asked for. */
  jobs = 0
  /** When logs of which nothing was wanted were looked at last; and they are to be once more. */
  lookedAt = -Infinity
  again = false
  /** It sent what no author signed: it is asked for nothing of this mirror. */
  false = false
  readonly #memory: LinkMemory

  constructor(shared: SharedCopy, tag: Buffer, memory: LinkMemory) {
    this.shared = shared
    this.tag = tag
    this.id = mirrorId(shared.key)
    this.wanted = new WantedLogs(memory)
    this.#memory = memory
  }

  /** What passes, as far as it is known who is at the other end. */
  get flow(): Flow {
    const { scope, kind } = this.shared
    return this.theirs === null ? { gives: false, takes: false } : flow(scope, kind, this.theirs)
  }

  /** What the holder at the other end has of a log. */
  hold(log: string, { spans }: LogHead): void {
    const before = this.has.get(log)
    if (!before && this.has.size >= MAX_PENDING) return
    if (this.#memory.take(weightHeld(spans) - (before ? weightHeld(before) : 0))) {
      this.has.set(log, spans)
    }
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
    this.#forgetHeld()
    this.told = 0
    this.toldItems = null
    this.toldKeeping.clear()
    this.keeping.clear()
    this.wanted.drop()
  }

  /** It is shared no more: what is remembered of it is given back. */
  close(): void {
    this.#forgetHeld()
    this.wanted.close()
  }

  #forgetHeld(): void {
    for (const spans of this.has.values()) this.#memory.give(weightHeld(spans))
    this.has.clear()
  }
}

function weightHeld(spans: readonly Span[]): number {
  return HELD + HELD_SPAN * spans.length
}

/** Names a statement among few. */
export function short(statement: Buffer): string {
  return shortOf(statement).toString('hex')
}
