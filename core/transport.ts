/** What core knows of a transport: types only. Implementations import this file, never the reverse. */
import type { EventEmitter } from 'node:events'

/** Where a transport is in its life; `unavailable` is a normal state of a machine without the hardware. */
export type TransportState = 'off' | 'starting' | 'on' | 'unavailable'

/** A transport's state, and for people why it is so and what to do (always set when `unavailable`). */
export interface TransportStatus {
  readonly state: TransportState
  readonly reason?: string
}

/**
 * The part of a Node or streamx duplex that core uses: ordered, reliable, with backpressure
 * (`write` returns false, then `drain`). Both ends see `close` when either destroys it.
 */
export interface LinkStream {
  readonly destroyed: boolean
  write(data: Uint8Array): boolean
  end(): unknown
  destroy(error?: Error): unknown
  pause(): unknown
  resume(): unknown
  on(event: string, listener: (...args: any[]) => void): unknown
  once(event: string, listener: (...args: any[]) => void): unknown
  removeListener(event: string, listener: (...args: any[]) => void): unknown
}

/** An ordered, reliable, not yet trusted duplex between two devices. */
export interface Link {
  readonly stream: LinkStream
  /** True on the side that dialled: it speaks first in the Noise handshake. */
  readonly initiator: boolean
  /** The id of the transport that made it: `lan`, `ble`, `dht`, `memory`. */
  readonly transport: string
  /** Relative cost of a byte, lower is better: LAN 10, DHT 20, BLE 30. */
  readonly cost: number
  /** True where this person pays for each byte: nothing of others is passed on over it. Default false. */
  readonly metered?: boolean
  /** True where tens of kilobytes a second must do (a radio): bulk goes in small pieces, and what people wait for first. Default false. */
  readonly narrow?: boolean
  /** True where who is at the other end is not known and could follow this device: it is shown no key that stays. Default false. */
  readonly anonymous?: boolean
  /** What the sender can not choose freely (an IP address, a radio address); quotas are kept by it. */
  readonly address: string
}

export interface TransportEvents {
  link: [link: Link]
  status: [status: TransportStatus]
}

/**
 * Moves bytes between two devices; knows nothing of rooms or trust. `start` and `stop` are idempotent
 * and never throw for a missing radio. Silent before `start` and after `stop`. Two transports that
 * have a topic in common link; those that have none do not.
 */
export interface Transport extends EventEmitter<TransportEvents> {
  readonly id: string
  /**
   * `nearby`: reaches only what is around, so core joins one shared topic; `global`: reaches the
   * world, so core joins one topic per room.
   */
  readonly scope: 'nearby' | 'global'
  readonly status: TransportStatus
  start(signal?: AbortSignal): Promise<void>
  stop(): Promise<void>
  /**
   * 32 bytes. Idempotent, the last call counts; may be called before `start`. With `announce` false this device looks
   * for who is there and is not found there itself: two that only look do not link. Default true.
   */
  join(topic: Uint8Array, options?: { announce?: boolean }): void
  leave(topic: Uint8Array): void
}

/** A further ability: dialling an address a person typed. Errors: PorchlightError `BAD_ADDRESS`, `UNREACHABLE`. */
export interface AddressDialing {
  dial(address: string, signal?: AbortSignal): Promise<void>
  /** Addresses this device can be dialled at, as a person would type them on the other device. */
  addresses(): readonly string[]
}

/**
 * A further ability: core says that the peers behind some links stopped answering, or that one was
 * lost, and the transport looks around more eagerly for a while.
 */
export interface Seeking {
  seek(): void
}

/** A further ability: addresses of peers seen before, to be probed where announcements are blocked. */
export interface RememberedAddresses {
  remember(addresses: readonly string[]): void
  /** Addresses at which a link authenticated, newest first, at most 64. */
  known(): readonly string[]
}

/**
 * A further ability: where two devices can not reach each other directly, bytes (already sealed for the other end) run
 * through a relay. Keys are 32 bytes and name a relay on this transport's network.
 */
export interface Relaying {
  /** Begins or ceases to relay for others. */
  offerRelay(on: boolean): void
  /** By which others name this device's relay; null while it offers none. */
  readonly relayKey: Buffer | null
  /** The relays to try, best first, instead of those of before; at most 8 count. */
  useRelays(keys: readonly Buffer[]): void
}

/**
 * A further ability: devices that know each other recognise one another by what they advertise, which says nothing
 * to others. Keys are 32 bytes: `own` is told to known devices inside their sessions; `known` are theirs, at most 1,024
 * count, those met last first.
 */
export interface Recognising {
  recognise(own: Uint8Array, known: readonly Uint8Array[]): void
}

/** True for a transport that recognises known devices. */
export function canRecognise(t: Transport): t is Transport & Recognising {
  return typeof (t as Partial<Recognising>).recognise === 'function'
}

/** True for a transport that can relay. */
export function canRelay(t: Transport): t is Transport & Relaying {
  return typeof (t as Partial<Relaying>).offerRelay === 'function'
}

/** True for a transport that reaches a place by its address. */
export function canDial(t: Transport): t is Transport & AddressDialing {
  return typeof (t as Partial<AddressDialing>).dial === 'function'
}

/** True for a transport that can be told to look around now. */
export function canSeek(t: Transport): t is Transport & Seeking {
  return typeof (t as Partial<Seeking>).seek === 'function'
}

/** True for a transport that comes back to where it met peers. */
export function canRemember(t: Transport): t is Transport & RememberedAddresses {
  return typeof (t as Partial<RememberedAddresses>).remember === 'function'
}
