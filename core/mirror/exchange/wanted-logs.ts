import type { LogHead } from '../copy.ts'
import { restAfter } from '../policy/rest.ts'
import { weightOf } from './link-memory.ts'
import type { LinkMemory } from './link-memory.ts'

/** Logs of one mirror that wait to be asked for over one link; what is more is asked about again. */
export const MAX_PENDING = 8192
/** Logs of one mirror of which nothing was wanted, that are looked at again. */
const MAX_ASIDE = 1024
/** What it takes to remember how often a log was not served. */
const FAILURE = 160

interface Rest {
  readonly head: LogHead
  readonly until: number
}

/** What one peer says it has of one mirror, as far as it is not asked for yet: in as much memory as its link has. */
export class WantedLogs {
  readonly #memory: LinkMemory
  readonly #pending = new Map<string, LogHead>()
  readonly #resting = new Map<string, Rest>()
  /** In a row, of logs that it did not serve. */
  readonly #failures = new Map<string, number>()
  /** Heads of logs of which nothing was wanted. */
  readonly #aside = new Map<string, LogHead>()
  #restsUntil = Infinity
  #closed = false
  /** More was said than could be noted. */
  missed = false

  constructor(memory: LinkMemory) {
    this.#memory = memory
  }

  /** Logs that can be asked for now. */
  get pending(): ReadonlyMap<string, LogHead> {
    return this.#pending
  }

  /** True while nothing is left to be asked for. */
  get settled(): boolean {
    return this.#pending.size === 0 && this.#resting.size === 0
  }

  /** True when there are logs of which nothing was wanted. */
  get hasAside(): boolean {
    return this.#aside.size > 0
  }

  /** The other side says what it has of a log. */
  note(log: string, head: LogHead): void {
    if (this.#closed) return
    const rest = this.#resting.get(log)
    const before = rest?.head ?? this.#pending.get(log)
    const isOver = !before && this.#pending.size >= MAX_PENDING
    if (isOver || !this.#memory.take(weightOf(head) - (before ? weightOf(before) : 0))) {
      this.missed = true
    }
    // Saying more does not end a rest: a peer that lies can say anything.
    else if (rest) this.#resting.set(log, { ...rest, head })
    else this.#pending.set(log, head)
  }

  /** It is asked for, or nothing of it is wanted. */
  take(log: string): void {
    const head = this.#pending.get(log)
    if (head && this.#pending.delete(log)) this.#memory.give(weightOf(head))
  }

  /** It did not serve what it says it has: it is left alone about that log for a while. */
  failed(log: string, head: LogHead, now: number): void {
    this.take(log)
    if (this.#closed) return
    if (this.#resting.size >= MAX_PENDING || !this.#memory.take(weightOf(head))) {
      this.missed = true
      return
    }
    const before = this.#failures.get(log) ?? 0
    if (before > 0 || (this.#failures.size < MAX_PENDING && this.#memory.take(FAILURE))) {
      this.#failures.set(log, before + 1)
    }
    const until = now + restAfter(before + 1)
    this.#resting.set(log, { head, until })
    this.#restsUntil = Math.min(this.#restsUntil, until)
  }

  /** It served a log. */
  served(log: string): void {
    if (this.#failures.delete(log)) this.#memory.give(FAILURE)
  }

  /** Nothing of it was wanted; that may change. */
  putAside(log: string, head: LogHead): void {
    const before = this.#aside.get(log)
    if (this.#closed) return
    if (!before && this.#aside.size >= MAX_ASIDE) return
    if (!this.#memory.take(weightOf(head) - (before ? weightOf(before) : 0))) return
    this.#aside.set(log, head)
  }

  /** Looks again at what was not wanted, given how far each log (hex) is here; true when something may be. */
  reconsider(here: ReadonlyMap<string, number>): boolean {
    for (const [log, head] of this.#aside) {
      this.#aside.delete(log)
      this.#memory.give(weightOf(head))
      if ((head.spans.at(-1)?.to ?? 0) > (here.get(log) ?? 0)) this.note(log, head)
    }
    return this.#pending.size > 0
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
    for (const log of this.#pending.keys()) this.take(log)
    for (const heads of [this.#aside.values(), [...this.#resting.values()].map((r) => r.head)]) {
      for (const head of heads) this.#memory.give(weightOf(head))
    }
    this.#resting.clear()
    this.#aside.clear()
  }

  /** Nothing of it is remembered: the mirror is not shared any more. */
  close(): void {
    this.#closed = true
    this.drop()
    this.#memory.give(FAILURE * this.#failures.size)
    this.#failures.clear()
  }
}
