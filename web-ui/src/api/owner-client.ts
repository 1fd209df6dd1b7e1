import type { Requester } from './requester.ts'
import type { Identity, Phrase, Profile, SwitchRequest } from './views.ts'

/** A passphrase takes seconds to check on a small machine. */
const STRETCHING_MS = 120_000

/** Who this person is, and how this device guards it. */
export class OwnerClient {
  readonly #requester: Requester

  constructor(requester: Requester) {
    this.#requester = requester
  }

  setName(name: string): Promise<Profile> {
    return this.#requester.json('PUT', 'profile', { body: { name } })
  }
  identity(): Promise<Identity> {
    return this.#requester.json('GET', 'identity')
  }
  /** The 24 words. */
  phrase(): Promise<Phrase> {
    return this.#requester.json('GET', 'identity/phrase')
  }
  /** A small picture as base64; null removes it. */
  setAvatar(image: string | null): Promise<unknown> {
    if (image === null) return this.#requester.json('DELETE', 'identity/avatar')
    return this.#requester.json('PUT', 'identity/avatar', { body: { image } })
  }
  /** Whether others are told what was read. */
  receipts(): Promise<SwitchRequest> {
    return this.#requester.json('GET', 'identity/receipts')
  }
  setReceipts(on: boolean): Promise<SwitchRequest> {
    return this.#requester.json('PUT', 'identity/receipts', { body: { on } })
  }
  lock(): Promise<unknown> {
    return this.#requester.json('POST', 'lock', { body: {} })
  }
  unlock(passphrase: string): Promise<unknown> {
    return this.#requester.json('POST', 'unlock', { body: { passphrase }, patience: STRETCHING_MS })
  }
  /** Sets, changes or (null) removes the passphrase. */
  setPassphrase(current: string | null, next: string | null): Promise<unknown> {
    const body = { current, next }
    return this.#requester.json('PUT', 'passphrase', { body, patience: STRETCHING_MS })
  }
  wipe(): Promise<unknown> {
    return this.#requester.json('POST', 'wipe', { body: { confirm: 'wipe' } })
  }
}
