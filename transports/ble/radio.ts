/**
 * One Bluetooth Low Energy adapter as the transport sees it: who is around, and GATT channels that carry
 * packets. It decides nothing; it runs noble and bleno in a child process, and tests have one without a process.
 */
import type { EventEmitter } from 'node:events'
import type { TransportStatus } from '../../core/transport.ts'

/** Bytes that an advertisement carries for us, all that fits beside the service's UUID. */
export const ADVERTISED_BYTES = 13

/** What the adapter and its driver can do, told with the first state `on`. */
export interface RadioAbilities {
  /** Whether it advertises and scans, and holds links in both roles, at the same time. */
  readonly bothRoles: boolean
  /** The most links that it dials; 1 with drivers that hold one at a time. */
  readonly dialled: number
  /** The most links that others dial; while there are so many nobody else hears it. */
  readonly accepted: number
  /** The most links in all. */
  readonly links: number
  /** Whether the address that others see changes with what is advertised. */
  readonly rotatesAddress: boolean
}

/** An advertisement of our service that was heard. */
export interface Sighting {
  /** By which `connect` finds it again; the driver's, of no meaning to others. */
  readonly peer: string
  /** The radio address, lower-case with colons; its sender chose it freely. */
  readonly address: string
  /** dBm; null where the driver does not tell. */
  readonly rssi: number | null
  /** `ADVERTISED_BYTES` bytes, not yet trusted. */
  readonly payload: Uint8Array
}

export interface RadioChannelEvents {
  /** A packet of the other end, 1 to `maxPacket` bytes (not yet trusted). */
  packet: [packet: Uint8Array]
  /** It may be written again after `send` gave false. */
  drain: []
  /** Once, whoever ended it and however. Nothing comes after it. */
  close: []
  /** The stack negotiated another `maxPacket`; it only grows. */
  mtu: []
}

/**
 * A GATT connection on which the service was found and its notifications subscribed to. Packets can be lost where the
 * other end's stack overflows, and are then missing without a word: what runs over it counts them.
 */
export interface RadioChannel extends EventEmitter<RadioChannelEvents> {
  /** `central` on the side that dialled. */
  readonly role: 'central' | 'peripheral'
  readonly address: string
  /** Bytes of one packet, the ATT MTU less 3: 20 to 514. */
  readonly maxPacket: number
  /** Takes a copy, whole; false asks to wait for `drain`. Without effect once closed. */
  send(packet: Uint8Array): boolean
  /** Ends the connection; `close` follows in any case, also where the adapter does not answer. */
  close(): void
}

/** How much of its time the adapter gives to being found and to looking. */
export interface Duty {
  readonly advertise: boolean
  /** Share of the time that it listens, 0 (not at all) to 1. */
  readonly scan: number
}

export interface RadioEvents {
  status: [status: TransportStatus]
  /** Each advertisement heard, at most some a second for one peer. */
  sighting: [sighting: Sighting]
  /** Somebody else dialled. */
  channel: [channel: RadioChannel]
}

/** `start` and `stop` are idempotent and never throw for a missing adapter: that is a status with its reason. */
export interface Radio extends EventEmitter<RadioEvents> {
  readonly status: TransportStatus
  readonly abilities: RadioAbilities
  /** Resolves once it is `on` or `unavailable`; it goes on by itself when an adapter comes later. */
  start(signal?: AbortSignal): Promise<void>
  /** Ends all channels, the advertising and the scanning. */
  stop(): Promise<void>
  /** What to advertise from now on; with it a new random address, where the adapter can. Bytes: `ADVERTISED_BYTES`. */
  identify(payload: Uint8Array): Promise<void>
  /** The last call counts; may be called before `start`. */
  setDuty(duty: Duty): void
  /** Errors: PorchlightError `UNREACHABLE`. The abort of `signal` ends the attempt. */
  connect(peer: string, signal: AbortSignal): Promise<RadioChannel>
}
