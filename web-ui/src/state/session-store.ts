import { batch, signal } from '@preact/signals'
import { ApiFailure, sentence } from '../api/api-failure.ts'
import { ApiClient } from '../api/client.ts'
import { EventStream, type NodeEvent } from '../api/event-stream.ts'
import { loadToken, saveToken } from '../api/session.ts'

/** A cut shorter than this is not worth a banner. */
const BLINK_MS = 1_200

export interface SessionStoreOptions {
  readonly onEvent: (event: NodeEvent) => void
  /** All that is shown is to be fetched anew. */
  readonly onRenew: () => void
  readonly onLocked: () => void
  readonly onSignedOut: () => void
}

/** How this tab stands with the node: its token, and the stream of events. */
export class SessionStore {
  readonly phase = signal<'starting' | 'signed-out' | 'signed-in' | 'wiped'>('starting')
  readonly link = signal<'connecting' | 'live' | 'lost'>('connecting')
  /** Why the last link did not sign this tab in. */
  readonly failure = signal<string | null>(null)
  readonly api: ApiClient
  readonly #options: SessionStoreOptions
  #token: string | null = null
  #stream: EventStream | null = null
  #blink: ReturnType<typeof setTimeout> | undefined

  constructor(options: SessionStoreOptions) {
    this.#options = options
    this.api = new ApiClient({
      token: () => this.#token,
      onSignedOut: () => this.#signedOut(),
      onLocked: () => options.onLocked(),
    })
  }

  async signIn(code: string): Promise<void> {
    this.failure.value = null
    try {
      const { token } = await this.api.session(code)
      saveToken(token)
      this.enter(token)
    } catch (error) {
      // A stale link in a tab that is signed in does no harm.
      const token = this.#token ?? loadToken()
      if (token !== null && error instanceof ApiFailure && error.status === 401) {
        this.enter(token)
        return
      }
      batch(() => {
        this.failure.value = sentence(error)
        this.phase.value = 'signed-out'
      })
    }
  }

  enter(token: string | null): void {
    this.#stream?.close()
    this.#token = token
    if (token === null) {
      this.phase.value = 'signed-out'
      return
    }
    batch(() => {
      this.phase.value = 'signed-in'
      this.link.value = 'connecting'
      this.failure.value = null
    })
    let first = true
    this.#stream = new EventStream({
      open: (lastEventId, signal) => this.api.events(lastEventId, signal),
      onEvent: (event) => this.#options.onEvent(event),
      onLive: (missed) => {
        clearTimeout(this.#blink)
        this.link.value = 'live'
        if (first || missed) this.#options.onRenew()
        first = false
      },
      onLost: () => {
        clearTimeout(this.#blink)
        if (this.link.value === 'lost') return
        this.#blink = setTimeout(() => {
          this.link.value = 'lost'
        }, BLINK_MS)
      },
    })
  }

  /** Tries at once what is waited for. */
  retryNow(): void {
    this.#stream?.retryNow()
  }

  /** Everything was erased: nothing is asked of the node any more. */
  end(): void {
    this.#stop()
    this.api.close()
    this.phase.value = 'wiped'
  }

  #signedOut(): void {
    if (this.phase.value === 'wiped') return
    this.#stop()
    saveToken(null)
    batch(() => {
      this.#options.onSignedOut()
      this.phase.value = 'signed-out'
    })
  }

  #stop(): void {
    this.#stream?.close()
    this.#token = null
    clearTimeout(this.#blink)
  }
}
