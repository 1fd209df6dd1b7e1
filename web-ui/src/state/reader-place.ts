import { batch, signal } from '@preact/signals'
import type { MessageView } from '../api/views.ts'
import { spokenWords } from '../text/spoken-words.ts'
import type * as steps from './timeline.ts'

/** Where the reader of a room is: what was seen, what is new below, what is read out. */
export class ReaderPlace {
  /** The first message that was not seen when the room was opened or left unattended. */
  readonly unreadFrom = signal<string | null>(null)
  /** Messages of others that arrived below what is in view. */
  readonly below = signal(0)
  /** The latest arrivals, for screen readers. */
  readonly spoken = signal('')

  readonly #markRead: (message: string) => Promise<unknown>
  #atBottom = false
  /** Everything was seen, so that the next unseen message moves the mark. */
  #caughtUp = false
  #readUpTo: string | null = null

  constructor(markRead: (message: string) => Promise<unknown>) {
    this.#markRead = markRead
  }

  /** The end that stays when a stretch grows too long. */
  get keep(): steps.Keep {
    return this.#atBottom ? 'newer' : 'older'
  }

  leave(): void {
    this.#atBottom = false
    this.#readUpTo = null
    batch(() => {
      this.unreadFrom.value = null
      this.below.value = 0
      this.spoken.value = ''
    })
  }

  /** The newest message is in view, or not. */
  look(shown: steps.Timeline | null, atBottom: boolean): void {
    this.#atBottom = atBottom
    if (!this.#attended(shown)) return
    this.#caughtUp = true
    this.below.value = 0
    this.read(shown)
  }

  /** Counts, marks and speaks what others wrote: `beyond` of it is not among the rows. */
  notice(shown: steps.Timeline, fresh: readonly MessageView[], beyond: number): void {
    if (fresh.length + beyond === 0) return
    batch(() => {
      if (!this.#attended(shown)) {
        this.below.value += fresh.length + beyond
        if (this.#caughtUp || this.unreadFrom.value === null)
          this.unreadFrom.value = fresh[0]?.id ?? null
        this.#caughtUp = false
      }
      this.spoken.value = spokenWords(fresh, this.spoken.value)
    })
  }

  /** Tells the node how far was read, if somebody looks. */
  read(shown: steps.Timeline | null): void {
    const last = shown?.items.at(-1)?.id
    if (last === undefined || last === this.#readUpTo || !this.#attended(shown)) return
    this.#readUpTo = last
    this.#markRead(last).catch(() => {
      this.#readUpTo = null
    })
  }

  #attended(shown: steps.Timeline | null): boolean {
    const live = shown?.live === true
    return live && this.#atBottom && document.visibilityState === 'visible' && document.hasFocus()
  }
}
