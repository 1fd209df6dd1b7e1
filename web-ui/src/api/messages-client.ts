import { part, query, type Requester } from './requester.ts'
import type { Draft, MessagePage, MessageView, SearchPage, SendRequest } from './views.ts'

/** Which page of a room: the newest, those before a message, or those that follow one. */
export interface PageRequest {
  readonly limit: number
  readonly before?: string | undefined
  readonly after?: string | undefined
}

/** What is said in rooms. */
export class MessagesClient {
  readonly #requester: Requester

  constructor(requester: Requester) {
    this.#requester = requester
  }

  page(room: string, request: PageRequest): Promise<MessagePage> {
    return this.#requester.json('GET', `rooms/${part(room)}/messages?${query(request)}`)
  }
  /** Resolves once the message is durable on this device. */
  send(room: string, message: SendRequest): Promise<MessageView> {
    return this.#requester.json('POST', `rooms/${part(room)}/messages`, { body: message })
  }
  edit(room: string, id: string, text: string): Promise<MessageView> {
    return this.#requester.json('PATCH', message(room, id), { body: { text } })
  }
  /** Deletes one's own message for everyone. */
  remove(room: string, id: string): Promise<unknown> {
    return this.#requester.json('DELETE', message(room, id))
  }
  /** Hides another's message for everyone, or shows it again. */
  hide(room: string, id: string, on: boolean): Promise<unknown> {
    return this.#requester.json('PUT', `${message(room, id)}/hidden`, { body: { on } })
  }
  react(room: string, id: string, emoji: string, on: boolean): Promise<MessageView> {
    const path = `${message(room, id)}/reactions/${part(emoji)}`
    return this.#requester.json(on ? 'PUT' : 'DELETE', path)
  }
  pin(room: string, id: string, on: boolean): Promise<unknown> {
    return this.#requester.json(on ? 'PUT' : 'DELETE', `rooms/${part(room)}/pins/${part(id)}`)
  }
  pins(room: string): Promise<readonly MessageView[]> {
    return this.#requester.json('GET', `rooms/${part(room)}/pins`)
  }
  markRead(room: string, messageId: string): Promise<unknown> {
    return this.#requester.json('PUT', `rooms/${part(room)}/read`, { body: { messageId } })
  }
  draft(room: string): Promise<Draft> {
    return this.#requester.json('GET', `rooms/${part(room)}/draft`)
  }
  setDraft(room: string, text: string): Promise<unknown> {
    return this.#requester.json('PUT', `rooms/${part(room)}/draft`, { body: { text } })
  }
  search(words: string, limit: number, after?: string): Promise<SearchPage> {
    return this.#requester.json('GET', `search?${query({ words, limit, after })}`)
  }
}

function message(room: string, id: string): string {
  return `rooms/${part(room)}/messages/${part(id)}`
}
