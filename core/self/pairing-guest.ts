import type { PairingState } from '../api.ts'
import type { PorchlightError } from '../errors.ts'
import { attests } from '../identity/attestation.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import { shownName } from '../room/names.ts'
import type { Meeting, MeetingEnd, MeetingWire } from '../session/meeting.ts'
import { pairingMatchKey } from './pairing-code.ts'
import type { PairingCode } from './pairing-code.ts'
import {
  decodePairing,
  encodePairing,
  holdsHello,
  PAIRING_REFUSALS,
  pairingDigits,
  signHello,
} from './pairing-messages.ts'
import type { PairingGrant, PairingHello } from './pairing-messages.ts'
import { mismatch, refused } from './pairing-words.ts'

export interface PairingGuestOptions {
  readonly code: PairingCode
  readonly device: DeviceKeys['device']
  readonly name: string
  /** Makes this device the person's; durable when it resolves. */
  readonly adopt: (grant: PairingGrant) => Promise<void>
  readonly onchange: () => void
}

interface GuestEnd {
  readonly wire: MeetingWire
  /** The peer is the device that the code names. */
  proved: boolean
}

/** The side of a pairing that is still empty: takes over who it is from the device that the code names, and from no other. */
export class PairingGuest implements Meeting {
  readonly matchKey: Buffer
  readonly quiet = false
  /** Resolves once this device is the person's. Errors: `MISMATCH`, `BAD_INVITE`, `NOT_ALLOWED`, or what `adopt` threw. */
  readonly result: Promise<void>
  readonly #options: PairingGuestOptions
  #settle!: { resolve: () => void; reject: (error: unknown) => void }
  #state: PairingState = { state: 'asking' }
  #adopting = false
  #over = false

  constructor(options: PairingGuestOptions) {
    this.#options = options
    this.matchKey = pairingMatchKey(options.code.seed)
    this.result = new Promise((resolve, reject) => (this.#settle = { resolve, reject }))
    // Whoever waits for it is told; a failure that nobody waits for any more is none.
    this.result.catch(() => {})
  }

  get state(): PairingState {
    return this.#state
  }

  open(wire: MeetingWire): MeetingEnd {
    const { code, device, name } = this.#options
    const place = { seed: code.seed, handshakeHash: wire.handshakeHash }
    wire.send(encodePairing(signHello(place, false, device, name)))
    const end: GuestEnd = { wire, proved: false }
    return { onmessage: (data) => this.#onmessage(end, data), onclose: () => {} }
  }

  /** Ends it, unless this device is being taken over already. */
  fail(error: PorchlightError): void {
    if (!this.#over && !this.#adopting) this.#fail(error)
  }

  #onmessage(end: GuestEnd, data: Buffer): void {
    if (this.#over) return
    const message = decodePairing(data)
    switch (message?.type) {
      case 'hello':
        return this.#onhello(end, message)
      case 'grant':
        if (end.proved) void this.#ongrant(end, message)
        return
      case 'refuse':
        if (end.proved) this.fail(refused(PAIRING_REFUSALS[message.reason]!))
        return
      default:
        end.wire.reject('an ill-formed word about a pairing')
    }
  }

  #onhello(end: GuestEnd, hello: PairingHello): void {
    // Another empty device that was shown the same code.
    if (hello.offers === 0) return
    const { code, device } = this.#options
    const place = { seed: code.seed, handshakeHash: end.wire.handshakeHash }
    if (!hello.device.equals(code.device) || !holdsHello(place, hello)) {
      end.wire.reject('another device than the code names')
      return this.fail(mismatch())
    }
    end.proved = true
    end.wire.met()
    this.#set({
      state: 'asking',
      device: { id: hello.device.toString('hex'), name: shownName(hello.name) },
      digits: pairingDigits(place, hello.device, device.publicKey),
    })
  }

  async #ongrant(end: GuestEnd, grant: PairingGrant): Promise<void> {
    if (this.#adopting) return
    const { device, adopt } = this.#options
    if (!attests(grant.attestation, grant.person, device.publicKey)) return this.fail(mismatch())
    this.#adopting = true
    try {
      await adopt(grant)
    } catch (error) {
      return this.#fail(error as PorchlightError)
    }
    end.wire.send(encodePairing({ type: 'done' }))
    this.#over = true
    this.#set({ ...this.#state, state: 'paired' })
    this.#settle.resolve()
  }

  #fail(error: PorchlightError): void {
    this.#over = true
    this.#set({ ...this.#state, state: 'failed', words: error.message })
    this.#settle.reject(error)
  }

  #set(state: PairingState): void {
    this.#state = state
    this.#options.onchange()
  }
}
