import type { ApiError } from './views.ts'
import { ApiFailure } from './api-failure.ts'
import { put, type UploadOptions } from './upload.ts'

/** A request that takes longer than this is given up; a join waits for a member first. */
const PATIENCE_MS = 30_000

export interface Call {
  readonly body?: unknown
  /** Milliseconds until the request is given up. */
  readonly patience?: number
  /** Gives it up before. */
  readonly signal?: AbortSignal
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
    const stop = (): void => giveUp.abort()
    const timer = setTimeout(stop, call.patience ?? PATIENCE_MS)
    call.signal?.addEventListener('abort', stop)
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
      if (response.status === 204) return undefined as T
      return (await response.json().catch(() => Promise.reject(ApiFailure.noAnswer()))) as T
    } finally {
      clearTimeout(timer)
      call.signal?.removeEventListener('abort', stop)
    }
  }

  /** Sends bytes as they are, however many, and tells how far they came. */
  async upload<T>(path: string, body: Blob, options: UploadOptions): Promise<T> {
    if (this.#closed) throw ApiFailure.noAnswer()
    const { status, text } = await put(`api/v1/${path}`, body, this.#options.token(), options)
    if (status >= 200 && status < 300) return JSON.parse(text) as T
    throw this.#refused(path, status, text)
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
    throw this.#refused(path, response.status, await response.text().catch(() => ''))
  }

  #refused(path: string, status: number, text: string): ApiFailure {
    const refusal = refusalIn(text)
    // A used-up code is told where it was typed; only a refused token ends the session.
    if (status === 401 && path !== 'session') this.#options.onSignedOut()
    if (refusal?.code === 'LOCKED') this.#options.onLocked()
    return new ApiFailure(
      refusal?.code ?? 'INTERNAL',
      refusal?.message ?? `Porchlight answered with error ${status}.`,
      status,
    )
  }
}

function refusalIn(text: string): ApiError['error'] | undefined {
  try {
    return (JSON.parse(text) as Partial<ApiError>).error
  } catch {
    return undefined
  }
}

export const part = encodeURIComponent

/** `key=value&…` of what is given. */
export function query(fields: object): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${part(String(value))}`)
    .join('&')
}
