import type { PairingState } from '../api.ts'
import type { Clock } from '../clock.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import { shownName } from '../room/names.ts'
import type { Meeting, MeetingEnd, MeetingWire } from '../session/meeting.ts'
import { pairingMatchKey } from './pairing-code.ts'
import {
  decodePairing,
  encodePairing,
  holdsHello,
  PAIRING_REFUSALS,
  pairingDigits,
  signHello,
} from './pairing-messages.ts'
import type { PairingGrant, PairingHello, PairingRefusal } from './pairing-messages.ts'
import { HOST_WORDS } from './pairing-words.ts'

export interface PairingHostOptions {
  readonly seed: Buffer
  readonly expiresAt: number
  /** A human has to say yes to the device that came. */
  readonly confirm: boolean
  readonly device: DeviceKeys['device']
  /** What this device calls itself. */
  readonly name: string
  readonly clock: Clock
  /** Makes the new device one of this person's; a word when it can not be. */
  readonly grant: (device: Buffer) => Promise<PairingGrant | PairingRefusal>
  readonly onchange: () => void
}

interface HostEnd {
  readonly wire: MeetingWire
  /** The peer's device, once it proved it. */
  guest: Buffer | null
}

/**
 * The side of a pairing that is a person already. One code lets in one device: the first that proves itself is the
 * only one that it is about, also when its connection breaks and it comes again.
 */
export class PairingHost implements Meeting {
  readonly matchKey: Buffer
  readonly quiet = false
  readonly #options: PairingHostOptions
  readonly #ends = new Set<HostEnd>()
  #guest: PairingHello | null = null
  #accepted = false
  #granted: PairingGrant | null = null
  #state: PairingState = { state: 'offered' }

  constructor(options: PairingHostOptions) {
    this.#options = options
    this.matchKey = pairingMatchKey(options.seed)
  }

  get state(): PairingState {
    return this.#state
  }

  /** True while a device may still come in by the code. */
  get waiting(): boolean {
    return this.#state.state === 'offered' || this.#state.state === 'asking'
  }

  open(wire: MeetingWire): MeetingEnd {
    const { seed, device, name } = this.#options
    const place = { seed, handshakeHash: wire.handshakeHash }
    wire.send(encodePairing(signHello(place, true, device, name)))
    const end: HostEnd = { wire, guest: null }
    this.#ends.add(end)
    return {
      onmessage: (data) => this.#onmessage(end, data),
      onclose: () => this.#ends.delete(end),
    }
  }

  /** A human compared the digits. */
  answer(accept: boolean): void {
    if (this.#state.state !== 'asking' || this.#accepted) return
    if (accept) void this.#accept()
    else this.#fail('declined')
  }

  /** The time is over, or another offer took this one's place. */
  expire(): void {
    if (this.waiting && !this.#accepted) this.#fail('expired')
  }

  /** A device of this person's was let into the personal room: if it is ours, it has what it needs. */
  arrived(device: string): void {
    if (this.#granted && this.#guest!.device.toString('hex') === device) this.#paired()
  }

  #onmessage(end: HostEnd, data: Buffer): void {
    const message = decodePairing(data)
    switch (message?.type) {
      case 'hello':
        return this.#onhello(end, message)
      case 'done':
        if (this.#granted && this.#isGuest(end)) this.#paired()
        return
      case 'refuse':
        // It found that something is not as the code says.
        if (this.#isGuest(end) && this.waiting && !this.#accepted) this.#fail('mismatch')
        return
      default:
        end.wire.reject('an ill-formed word about a pairing')
    }
  }

  #onhello(end: HostEnd, hello: PairingHello): void {
    const { seed, device, confirm, clock, expiresAt } = this.#options
    const place = { seed, handshakeHash: end.wire.handshakeHash }
    const other = !hello.device.equals(device.publicKey)
    if (end.guest || hello.offers === 1 || !other || !holdsHello(place, hello)) {
      return end.wire.reject('a pairing proof does not hold')
    }
    end.guest = hello.device
    end.wire.met()
    if (this.#guest && !this.#isGuest(end)) return this.#refuse(end, 'used')
    if (!this.waiting && !this.#granted) return this.#refuse(end, this.#refusal())
    if (!this.#granted && clock.now() >= expiresAt) return this.#refuse(end, 'expired')
    this.#guest = hello
    if (this.#granted) {
      end.wire.send(encodePairing(this.#granted))
      return
    }
    this.#set({
      state: 'asking',
      device: { id: hello.device.toString('hex'), name: shownName(hello.name) },
      digits: pairingDigits(place, device.publicKey, hello.device),
    })
    if (!confirm) void this.#accept()
  }

  async #accept(): Promise<void> {
    if (this.#accepted) return
    this.#accepted = true
    const { device } = this.#guest!
    const grant = await this.#options.grant(device).catch(() => 'declined' as const)
    if (typeof grant === 'string') return this.#fail(grant)
    this.#granted = grant
    for (const end of this.#ends) {
      if (this.#isGuest(end)) end.wire.send(encodePairing(grant))
    }
  }

  #isGuest(end: HostEnd): boolean {
    return end.guest !== null && this.#guest !== null && end.guest.equals(this.#guest.device)
  }

  #paired(): void {
    if (this.#state.state === 'paired') return
    const { words: _, ...kept } = this.#state
    this.#set({ ...kept, state: 'paired' })
  }

  #fail(reason: keyof typeof HOST_WORDS): void {
    this.#set({ ...this.#state, state: 'failed', words: HOST_WORDS[reason] })
    for (const end of this.#ends) if (end.guest) this.#refuse(end, this.#refusal())
  }

  #refusal(): PairingRefusal {
    const { words } = this.#state
    return PAIRING_REFUSALS.find((reason) => HOST_WORDS[reason] === words) ?? 'used'
  }

  #refuse(end: HostEnd, reason: PairingRefusal): void {
    end.wire.send(encodePairing({ type: 'refuse', reason: PAIRING_REFUSALS.indexOf(reason) }))
  }

  #set(state: PairingState): void {
    this.#state = state
    this.#options.onchange()
  }
}
