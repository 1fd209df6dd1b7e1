import { signal } from '@preact/signals'
import type { ApiClient } from '../api/client.ts'
import { loadDraft, saveDraft } from './drafts.ts'

/** Typing shorter than this is not worth a request. */
const QUIET_MS = 700

/** What was typed in one room and not sent: kept in this tab at once, and by the node a moment later. */
export class DraftStore {
  readonly text = signal('')
  readonly #api: ApiClient
  readonly #room: string
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(api: ApiClient, room: string) {
    this.#api = api
    this.#room = room
    this.text.value = loadDraft(room)?.text ?? ''
  }

  /** Fetches what the node keeps, unless something newer was typed here. */
  open(): void {
    if (loadDraft(this.#room)?.unsaved === true) this.#keepSoon()
    else void this.#fetch()
  }

  set(text: string): void {
    this.text.value = text
    saveDraft(this.#room, { text, unsaved: true })
    this.#keepSoon()
  }

  /** Hands what is unsaved to the node now. */
  async flush(): Promise<void> {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#keep()
  }

  drop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.text.value = ''
  }

  #keepSoon(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#keep()
    }, QUIET_MS)
  }

  async #keep(): Promise<void> {
    const text = this.text.value
    try {
      await this.#api.messages.setDraft(this.#room, text)
      if (this.text.value === text) saveDraft(this.#room, { text, unsaved: false })
    } catch {
      // The tab still has it, and offers it again when the room is opened.
    }
  }

  async #fetch(): Promise<void> {
    const before = this.text.value
    try {
      const { text } = await this.#api.messages.draft(this.#room)
      if (this.text.value !== before) return
      this.text.value = text
      saveDraft(this.#room, { text, unsaved: false })
    } catch {
      // What the tab kept stays.
    }
  }
}
