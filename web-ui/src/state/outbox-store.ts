import { signal } from '@preact/signals'
import { ApiFailure, sentence } from '../api/api-failure.ts'
import type { ApiClient } from '../api/client.ts'
import type { SendRequest } from '../api/views.ts'
import { loadOutbox, saveOutbox } from './drafts.ts'
import { changed, discarded, queued, settled, type Unsent } from './outbox.ts'
import type { Serial } from './serial.ts'

export interface OutboxOptions {
  readonly api: ApiClient
  readonly room: string
  /** Messages go one after the other, so that they stand in the room as they were written. */
  readonly serial: Serial
  /** Called after every answer, good or bad. */
  readonly onSent: () => void
}

/** What was written in one room and is not in its timeline yet; a reload keeps it. */
export class OutboxStore {
  readonly messages = signal<readonly Unsent[]>([])
  readonly #options: OutboxOptions
  #keys = 0

  constructor(options: OutboxOptions) {
    this.#options = options
    this.messages.value = loadOutbox(options.room)
  }

  send(request: SendRequest): void {
    this.#keys += 1
    const writtenAt = Date.now()
    const key = `${writtenAt}.${this.#keys}`
    const message: Unsent = { key, request, writtenAt, state: 'saving' }
    this.#set(queued(this.messages.value, message))
    void this.#post(message)
  }

  resend(key: string): void {
    const message = this.messages.value.find((unsent) => unsent.key === key)
    if (!message) return
    this.#set(changed(this.messages.value, key, { state: 'saving' }))
    void this.#post(message)
  }

  discard(key: string): void {
    this.#set(discarded(this.messages.value, key))
  }

  /** Lets go of what the timeline shows by now. */
  settle(shown: ReadonlySet<string>): void {
    this.#set(settled(this.messages.value, shown))
  }

  async #post({ key, request }: Unsent): Promise<void> {
    const { api, room, serial, onSent } = this.#options
    await serial.run(async () => {
      try {
        const { id } = await api.messages.send(room, request)
        this.#set(changed(this.messages.value, key, { state: 'saved', id }))
      } catch (error) {
        this.#set(changed(this.messages.value, key, failed(error)))
      }
    })
    onSent()
  }

  #set(messages: readonly Unsent[]): void {
    if (messages === this.messages.value) return
    this.messages.value = messages
    saveOutbox(this.#options.room, messages)
  }
}

/** A refusal is certain; silence, or a node that gave up waiting, leaves open what became of it. */
function failed(error: unknown): Partial<Unsent> {
  const certain = error instanceof ApiFailure && error.status !== 0 && error.status !== 504
  return { state: certain ? 'refused' : 'unknown', reason: sentence(error) }
}
