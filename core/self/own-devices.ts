import IdentityKey from 'keet-identity-key'
import type { DevicesApi, DeviceView, PairingOffer, PairingState } from '../api.ts'
import type { Clock, Timer } from '../clock.ts'
import { PorchlightError } from '../errors.ts'
import { MAX_ATTESTATION } from '../identity/attestation.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { Random } from '../random.ts'
import { checkName, shownName } from '../room/names.ts'
import type { Room } from '../room/room.ts'
import type { Meeting } from '../session/meeting.ts'
import { formatPairingCode, PAIRING_SEED, pairingTopic, parsePairingCode } from './pairing-code.ts'
import { PairingGuest } from './pairing-guest.ts'
import { PairingHost } from './pairing-host.ts'
import type { PairingGrant, PairingRefusal } from './pairing-messages.ts'
import { notEmpty, unanswered } from './pairing-words.ts'
import type { PersonalCache } from './personal-cache.ts'

/** How long a pairing code is good. */
export const OFFER_LIFE = 10 * 60_000
/** How long a new device looks for the one whose code it was given. */
const REACH_LIFE = 120_000
/** Offers that ended, whose codes are still answered with a word why. */
const MAX_OLD_OFFERS = 8

export interface OwnDevicesOptions {
  readonly keys: () => DeviceKeys
  /** This person's nickname. */
  readonly nickname: () => string
  readonly facts: PersonalCache
  /** Every room of this device, the personal one among them. */
  readonly rooms: () => Iterable<Room>
  /** True while this device has nothing that becoming another person's would take from it. */
  readonly empty: () => boolean
  /** The personal room, begun if there is none. Errors: `DISK_FULL`. */
  readonly personal: () => Promise<Room>
  /** Makes this device the person's, and enters their personal room; durable when it resolves. */
  readonly adopt: (grant: PairingGrant) => Promise<void>
  /** Cuts a device of this person off in one room. */
  readonly drop: (room: Room, device: string) => Promise<void>
  /** Meetings began or ended; their topics on transports that reach the world. */
  readonly onmeetings: (topics: { join?: Buffer; leave?: Buffer }) => void
  readonly onpairing: () => void
  readonly clock: Clock
  readonly random: Random
}

interface Offer {
  readonly host: PairingHost
  readonly topic: Buffer
  readonly timer: Timer
}

/** This person's own devices: who they are, how one more comes, how one is cut off. */
export class OwnDevices implements DevicesApi {
  readonly #options: OwnDevicesOptions
  #offer: Offer | null = null
  readonly #old: PairingHost[] = []
  #guest: PairingGuest | null = null
  #state: PairingState = { state: 'idle' }

  constructor(options: OwnDevicesOptions) {
    this.#options = options
  }

  /** What sessions look for because of pairings. */
  meetings(): Meeting[] {
    const hosts = this.#offer ? [this.#offer.host, ...this.#old] : this.#old
    return this.#guest ? [...hosts, this.#guest] : hosts
  }

  list(): readonly DeviceView[] {
    const { keys, rooms, facts } = this.#options
    const here = keys().device.publicKey.toString('hex')
    const person = keys().person.toString('hex')
    const since = new Map([[here, 0]])
    const gone = droppedDevices(rooms(), person)
    for (const room of rooms()) {
      for (const [id, device] of room.control.state.devices) {
        if (device.person !== person) continue
        if (device.standing === 'in')
          since.set(id, Math.min(device.since, since.get(id) || Infinity))
      }
    }
    // A device that was removed knows of no other any more.
    return [...since]
      .filter(([id]) => id === here || !(gone.has(id) || gone.has(here)))
      .map(([id, at]) => ({ id, here: id === here, ...about(id, at, facts.get('device', id)) }))
      .sort((a, b) => a.since - b.since)
  }

  async offer({ confirm = false }: { confirm?: boolean } = {}): Promise<PairingOffer> {
    const { keys, random, clock, facts, personal } = this.#options
    this.#checkIn()
    // What makes a device one of the person's must be there before somebody asks for it.
    await personal()
    this.#endOffer()
    const seed = random.bytes(PAIRING_SEED)
    const expiresAt = clock.now() + OFFER_LIFE
    const { device } = keys()
    const host = new PairingHost({
      seed,
      expiresAt,
      confirm,
      device,
      name: about(device.publicKey.toString('hex'), 0, this.#fact(facts)).name,
      clock,
      grant: (guest) => this.#grant(guest),
      onchange: () => this.#follow(host),
    })
    const topic = pairingTopic(seed)
    const timer = clock.after(OFFER_LIFE, () => host.expire())
    this.#offer = { host, topic, timer }
    this.#set(host.state)
    this.#options.onmeetings({ join: topic })
    return { code: formatPairingCode({ seed, device: device.publicKey }), expiresAt }
  }

  pairing(): PairingState {
    return this.#state
  }

  answer(accept: boolean): void {
    this.#offer?.host.answer(accept)
  }

  async pair(text: string, options: { name?: string; signal?: AbortSignal } = {}): Promise<void> {
    const { keys, empty, facts, clock, adopt, onmeetings } = this.#options
    const code = parsePairingCode(text)
    const name = options.name === undefined ? undefined : checkName(options.name)
    options.signal?.throwIfAborted()
    if (!empty() || this.#guest || code.device.equals(keys().device.publicKey)) throw notEmpty()
    const { device } = keys()
    const id = device.publicKey.toString('hex')
    const guest = new PairingGuest({
      code,
      device,
      name: name ?? about(id, 0, undefined).name,
      adopt: async (grant) => {
        await adopt(grant)
        await facts.set('device', id, {
          name: name ?? about(id, 0, undefined).name,
          since: clock.now(),
        })
      },
      onchange: () => this.#set(guest.state),
    })
    const topic = pairingTopic(code.seed)
    const timer = clock.after(OFFER_LIFE, () => guest.fail(unanswered()))
    const soon = clock.after(REACH_LIFE, () => {
      if (guest.state.state !== 'asking') guest.fail(unanswered())
    })
    const onabort = (): void => guest.fail(unanswered())
    options.signal?.addEventListener('abort', onabort, { once: true })
    this.#guest = guest
    this.#set(guest.state)
    onmeetings({ join: topic })
    try {
      await guest.result
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason as Error
      throw error
    } finally {
      timer.cancel()
      soon.cancel()
      options.signal?.removeEventListener('abort', onabort)
      this.#guest = null
      onmeetings({ leave: topic })
    }
  }

  async remove(device: string): Promise<void> {
    const { rooms, drop, facts } = this.#options
    this.#checkIn()
    const known = this.list().find(({ id }) => id === device)
    if (!known) {
      throw new PorchlightError(
        'NOT_FOUND',
        `None of your devices is ${device.slice(0, 40)}. Nothing was changed.`,
      )
    }
    if (known.here) {
      throw new PorchlightError(
        'NOT_ALLOWED',
        'A device can not cut itself off. Nothing was changed; do it on another of your devices, or wipe this one.',
      )
    }
    this.#endOffer()
    let failed: Error | null = null
    for (const room of rooms()) {
      // One room that can not be written now must not keep the device in the others.
      await drop(room, device).catch((error: Error) => (failed = error))
    }
    await facts.set('device', device, null)
    if (failed !== null) throw failed as Error
  }

  /** Errors: `NOT_ALLOWED` on a device that another one of the person's removed. */
  #checkIn(): void {
    const { keys, rooms } = this.#options
    const here = keys().device.publicKey.toString('hex')
    if (!droppedDevices(rooms(), keys().person.toString('hex')).has(here)) return
    throw new PorchlightError(
      'NOT_ALLOWED',
      'This device was removed by another one of yours. It can neither pair nor remove devices; what it shows is what it had. To use it again, erase it (`porchlight wipe`) and pair it anew.',
    )
  }

  /** The state of the personal room changed: a device that was let in has arrived there. */
  arrived(devices: Iterable<string>): void {
    for (const device of devices) this.#offer?.host.arrived(device)
  }

  close(): void {
    this.#offer?.timer.cancel()
    this.#guest?.fail(new PorchlightError('CLOSED', 'Porchlight is stopping.'))
  }

  async #grant(guest: Buffer): Promise<PairingGrant | PairingRefusal> {
    const { keys, nickname, personal } = this.#options
    const { person, attestation, recovery, device } = keys()
    const chain = Buffer.from(IdentityKey.attestDevice(guest, device, attestation))
    if (chain.byteLength > MAX_ATTESTATION) return 'too-far'
    const { control, record } = await personal()
    return {
      type: 'grant',
      person,
      attestation: chain,
      recovery,
      nickname: nickname(),
      room: control.key,
      encryptionKey: Buffer.from(record.encryptionKey, 'hex'),
    }
  }

  #fact(facts: PersonalCache): unknown {
    return facts.get('device', this.#options.keys().device.publicKey.toString('hex'))
  }

  #endOffer(): void {
    if (!this.#offer) return
    const { host, topic, timer } = this.#offer
    this.#offer = null
    timer.cancel()
    host.expire()
    this.#old.unshift(host)
    this.#old.length = Math.min(this.#old.length, MAX_OLD_OFFERS)
    this.#options.onmeetings({ leave: topic })
  }

  #follow(host: PairingHost): void {
    if (this.#offer?.host === host) this.#set(host.state)
  }

  #set(state: PairingState): void {
    this.#state = state
    this.#options.onpairing()
  }
}

/** The devices of a person that were cut off, in whichever room. */
export function droppedDevices(rooms: Iterable<Room>, person: string): Set<string> {
  const gone = new Set<string>()
  for (const { control } of rooms) {
    for (const [id, device] of control.state.devices) {
      if (device.person === person && device.dropped) gone.add(id)
    }
  }
  return gone
}

/** What is known of a device by its name, as another device of the person may have written it. */
function about(id: string, at: number, fact: unknown): { name: string; since: number } {
  const { name, since } = (fact ?? {}) as { name?: unknown; since?: unknown }
  return {
    name: typeof name === 'string' ? shownName(name) : `Device ${id.slice(0, 4)}`,
    since: typeof since === 'number' && Number.isFinite(since) ? since : at,
  }
}
