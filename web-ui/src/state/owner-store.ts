import { batch, signal } from '@preact/signals'
import type { ApiClient } from '../api/client.ts'
import type { DeviceView, Identity, PairingState, WarningView } from '../api/views.ts'
import { coalesced } from './coalesced.ts'

/** This person: the profile, the own devices, and the warnings about others. */
export class OwnerStore {
  readonly identity = signal<Identity | null>(null)
  readonly devices = signal<readonly DeviceView[]>([])
  readonly pairing = signal<PairingState>({ state: 'idle' })
  readonly readReceipts = signal(true)
  readonly warnings = signal<readonly WarningView[]>([])
  readonly #api: ApiClient
  readonly #soon = coalesced(120, () => this.#load())
  readonly pairingSoon = coalesced(60, () => this.#loadPairing())

  constructor(api: ApiClient) {
    this.#api = api
  }

  renew(): void {
    this.#soon()
    this.pairingSoon()
  }

  clear(): void {
    batch(() => {
      this.identity.value = null
      this.devices.value = []
      this.pairing.value = { state: 'idle' }
      this.warnings.value = []
    })
  }

  async acknowledge(warning: WarningView): Promise<void> {
    await this.#api.people.acknowledge(warning.id)
    this.warnings.value = this.warnings.value.filter(({ id }) => id !== warning.id)
  }

  async setAvatar(image: string | null): Promise<void> {
    await this.#api.owner.setAvatar(image)
    await this.#load()
  }

  async setReadReceipts(on: boolean): Promise<void> {
    this.readReceipts.value = (await this.#api.owner.setReceipts(on)).on
  }

  /** Each part for itself: one that cannot be had holds up no other. */
  async #load(): Promise<void> {
    const { owner, devices, people } = this.#api
    await Promise.allSettled([
      owner.identity().then((identity) => (this.identity.value = identity)),
      owner.receipts().then(({ on }) => (this.readReceipts.value = on)),
      devices.list().then((list) => (this.devices.value = list)),
      people.warnings().then((warnings) => (this.warnings.value = warnings)),
    ])
  }

  async #loadPairing(): Promise<void> {
    this.pairing.value = await this.#api.devices.pairing()
  }
}
