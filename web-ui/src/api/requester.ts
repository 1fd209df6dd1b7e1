import type { ApiError } from './views.ts'
import { ApiFailure } from './api-failure.ts'

/** A request that takes longer than this is given up; a join waits for a member first. */
const PATIENCE_MS = 30_000

export interface Call {
  readonly body?: unknown
  /** Milliseconds until the request is given up. */
  readonly patience?: number
}

export interface RequesterOptions {
  readonly token: () => string | null
  /** Called when the node no longer knows the token. */
  readonly onSignedOut: () => void
  /** Called when the node answers that it is locked. */
  readonly onLocked: () => void
}

/** Sends requests to the node with this tab's token, and turns every refusal into an ApiFailure. */
export class Requester {
  readonly #options: RequesterOptions
  #closed = false

  constructor(options: RequesterOptions) {
    this.#options = options
  }

  /** Nothing is asked of the node any more. */
  close(): void {
    this.#closed = true
  }

  async json<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const giveUp = new AbortController()
    const timer = setTimeout(() => giveUp.abort(), call.patience ?? PATIENCE_MS)
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
      const response = await this.fetch(path, init)
      return (await response.json().catch(() => Promise.reject(ApiFailure.noAnswer()))) as T
    } finally {
      clearTimeout(timer)
    }
  }

  async fetch(
    path: string,
    init: RequestInit & { headers: Record<string, string> },
  ): Promise<Response> {
    if (this.#closed) throw ApiFailure.noAnswer()
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
    if (refusal?.code === 'LOCKED') this.#options.onLocked()
    throw new ApiFailure(
      refusal?.code ?? 'INTERNAL',
      refusal?.message ?? `Porchlight answered with error ${response.status}.`,
      response.status,
    )
  }
}

export const part = encodeURIComponent
