import { batch, signal } from '@preact/signals'
import { sentence } from '../api/api-failure.ts'
import type { ApiClient } from '../api/client.ts'
import type { SearchHit } from '../api/views.ts'

/** Typing faster than this asks once. */
const QUIET_MS = 160
const PAGE = 30

/** What is looked for in every room, and what was found, newest first. */
export class SearchStore {
  readonly words = signal('')
  /** Null until the first answer to the words. */
  readonly hits = signal<readonly SearchHit[] | null>(null)
  readonly more = signal<string | null>(null)
  readonly failure = signal<string | null>(null)
  readonly #api: ApiClient
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = 0

  constructor(api: ApiClient) {
    this.#api = api
  }

  type(words: string): void {
    clearTimeout(this.#timer)
    this.#asked += 1
    this.words.value = words
    if (words.trim() === '') return this.clear()
    this.#timer = setTimeout(() => void this.#ask(), QUIET_MS)
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#asked += 1
    batch(() => {
      this.words.value = ''
      this.hits.value = null
      this.more.value = null
      this.failure.value = null
    })
  }

  /** Adds the page that follows what was found. */
  async further(): Promise<void> {
    if (this.more.value !== null) await this.#ask(this.more.value)
  }

  async #ask(after?: string): Promise<void> {
    this.#asked += 1
    const asked = this.#asked
    try {
      const page = await this.#api.messages.search(this.words.value.trim(), PAGE, after)
      // An answer to words that were changed since is stale.
      if (asked !== this.#asked) return
      batch(() => {
        this.hits.value =
          after === undefined ? page.hits : [...(this.hits.value ?? []), ...page.hits]
        this.more.value = page.after ?? null
        this.failure.value = null
      })
    } catch (error) {
      if (asked === this.#asked) this.failure.value = sentence(error)
    }
  }
}
