import { part, type Requester } from './requester.ts'
import type { DeviceView, PairingOffer, PairingState } from './views.ts'

/** Pairing waits for the other device, and for a person to compare digits. */
const PAIRING_MS = 11 * 60_000

/** This person's own devices. */
export class DevicesClient {
  readonly #requester: Requester

  constructor(requester: Requester) {
    this.#requester = requester
  }

  list(): Promise<readonly DeviceView[]> {
    return this.#requester.json('GET', 'devices')
  }
  /** Begins to wait for a new device, which is let in only after `answer(true)`. */
  offer(): Promise<PairingOffer> {
    return this.#requester.json('POST', 'devices/pairing', { body: { confirm: true } })
  }
  pairing(): Promise<PairingState> {
    return this.#requester.json('GET', 'devices/pairing')
  }
  answer(accept: boolean): Promise<unknown> {
    return this.#requester.json('POST', 'devices/pairing/answer', { body: { accept } })
  }
  /** On the new, still empty device; resolves once it is this person's. */
  pair(code: string, name: string): Promise<unknown> {
    const body = name === '' ? { code } : { code, name }
    return this.#requester.json('POST', 'devices/pair', { body, patience: PAIRING_MS })
  }
  remove(device: string): Promise<unknown> {
    return this.#requester.json('DELETE', `devices/${part(device)}`)
  }
}
