/** The node's local HTTP API: one method a route, types from the node's own schemas. */
import type {
  ApiError,
  Finding,
  Invite,
  InviteRequest,
  MemberView,
  MessagePage,
  MessageView,
  Profile,
  RoomView,
  SendRequest,
  Session,
  Status,
  TransportView,
} from '../../../node-app/api/schemas.ts'
import { ApiFailure } from './api-failure.ts'

/** A request that takes longer than this is given up; a join waits for a member first. */
const PATIENCE_MS = 30_000

interface Call {
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export interface ClientOptions {
  readonly token: () => string | null
  /** Called when the node no longer knows the token. */
  readonly onSignedOut: () => void
}

export class ApiClient {
  readonly #options: ClientOptions

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** Exchanges the one-time code of a link for a token. */
  session(code: string): Promise<Session> {
    return this.#json('POST', 'session', { body: { code } })
  }
  status(): Promise<Status> {
    return this.#json('GET', 'status')
  }
  doctor(): Promise<readonly Finding[]> {
    return this.#json('GET', 'doctor')
  }
  setName(name: string): Promise<Profile> {
    return this.#json('PUT', 'profile', { body: { name } })
  }
  transports(): Promise<readonly TransportView[]> {
    return this.#json('GET', 'transports')
  }
  switchTransport(id: string, on: boolean): Promise<TransportView> {
    return this.#json('PUT', `transports/${part(id)}`, { body: { on } })
  }
  dial(id: string, address: string): Promise<unknown> {
    return this.#json('POST', `transports/${part(id)}/dial`, { body: { address } })
  }
  rooms(): Promise<readonly RoomView[]> {
    return this.#json('GET', 'rooms')
  }
  createRoom(name: string): Promise<RoomView> {
    return this.#json('POST', 'rooms', { body: { name } })
  }
  join(invite: string): Promise<RoomView> {
    return this.#json('POST', 'join', { body: { invite } })
  }
  leave(room: string): Promise<unknown> {
    return this.#json('DELETE', `rooms/${part(room)}`)
  }
  members(room: string): Promise<readonly MemberView[]> {
    return this.#json('GET', `rooms/${part(room)}/members`)
  }
  invite(room: string, options: InviteRequest): Promise<Invite> {
    return this.#json('POST', `rooms/${part(room)}/invites`, { body: options })
  }
  /** A page of the room in its order: the newest, or those before a message. */
  messages(room: string, limit: number, before?: string): Promise<MessagePage> {
    const query = `limit=${limit}${before === undefined ? '' : `&before=${part(before)}`}`
    return this.#json('GET', `rooms/${part(room)}/messages?${query}`)
  }
  /** Resolves once the message is durable on this device. */
  send(room: string, message: SendRequest): Promise<MessageView> {
    return this.#json('POST', `rooms/${part(room)}/messages`, { body: message })
  }
  markRead(room: string, messageId: string): Promise<unknown> {
    return this.#json('PUT', `rooms/${part(room)}/read`, { body: { messageId } })
  }

  /** The stream of events after `lastEventId`; lives until the signal or the node ends it. */
  async events(lastEventId: string | null, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { accept: 'text/event-stream' }
    if (lastEventId !== null) headers['last-event-id'] = lastEventId
    return await this.#fetch('events', { method: 'GET', headers, signal })
  }

  async #json<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const giveUp = new AbortController()
    const timer = setTimeout(() => giveUp.abort(), PATIENCE_MS)
    try {
      const init: RequestInit & { headers: Record<string, string> } = {
        method,
        headers: {},
        signal: giveUp.signal,
      }
      if (call.body !== undefined) {
        init.headers['content-type'] = 'application/json'
        init.body = JSON.stringify(call.body)
      }
      const response = await this.#fetch(path, init)
      return (await response.json().catch(() => Promise.reject(ApiFailure.noAnswer()))) as T
    } finally {
      clearTimeout(timer)
    }
  }

  async #fetch(
    path: string,
    init: RequestInit & { headers: Record<string, string> },
  ): Promise<Response> {
    const token = this.#options.token()
    if (token !== null) init.headers['authorization'] = `Bearer ${token}`
    const response = await fetch(`api/v1/${path}`, { ...init, cache: 'no-store' }).catch(() => {
      throw ApiFailure.noAnswer()
    })
    if (response.ok) return response
    const refusal = await response
      .json()
      .then((body: ApiError) => body.error)
      .catch(() => null)
    // A used-up code is told where it was typed; only a refused token ends the session.
    if (response.status === 401 && path !== 'session') this.#options.onSignedOut()
    throw new ApiFailure(
      refusal?.code ?? 'INTERNAL',
      refusal?.message ?? `Porchlight answered with error ${response.status}.`,
      response.status,
    )
  }
}

const part = encodeURIComponent
