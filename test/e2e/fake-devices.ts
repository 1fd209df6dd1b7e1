import type { DevicesApi, DeviceView, PairingOffer, PairingState } from '../../core/api.ts'
import { PorchlightError } from '../../core/errors.ts'

export const FAKE_PAIRING = 'porchlight-pair:abc'

/** Own devices of a fake engine; a test plays the other side with `move`. */
export class FakeDevices implements DevicesApi {
  readonly #changed: (what: 'people' | 'pairing') => void
  #devices: DeviceView[]
  #pairing: PairingState = { state: 'idle' }
  readonly answers: boolean[] = []
  readonly offers: object[] = []
  readonly paired: object[] = []
  /** Resolves a `pair` that waits. */
  finishPairing: (error?: Error) => void = () => {}

  constructor(here: string, changed: (what: 'people' | 'pairing') => void) {
    this.#devices = [{ id: here, name: 'laptop', here: true, since: 1_700_000_000_000 }]
    this.#changed = changed
  }

  add(id: string, name: string): void {
    this.#devices.push({ id, name, here: false, since: 1_800_000_000_000 })
  }

  list(): readonly DeviceView[] {
    return this.#devices
  }

  async offer(options: { confirm?: boolean } = {}): Promise<PairingOffer> {
    this.offers.push(options)
    this.move({ state: 'offered' })
    return { code: FAKE_PAIRING, expiresAt: Date.now() + 600_000 }
  }

  pairing(): PairingState {
    return this.#pairing
  }

  answer(accept: boolean): void {
    this.answers.push(accept)
    this.move(accept ? { state: 'paired' } : { state: 'failed', words: 'You refused the device.' })
  }

  async pair(code: string, options: { name?: string; signal?: AbortSignal } = {}): Promise<void> {
    if (code !== FAKE_PAIRING) throw new PorchlightError('BAD_INVITE', 'That is no pairing code.')
    const { name, signal } = options
    this.paired.push({ code, ...(name === undefined ? {} : { name }) })
    await new Promise<void>((resolve, reject) => {
      this.finishPairing = (error) => (error === undefined ? resolve() : reject(error))
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
    this.move({ ...this.#pairing, state: 'paired' })
  }

  async remove(device: string): Promise<void> {
    this.#devices = this.#devices.filter(({ id }) => id !== device)
    this.#changed('people')
  }

  /** What the other side did. */
  move(state: PairingState): void {
    this.#pairing = state
    this.#changed('pairing')
  }
}
