import { event } from './h4.ts'
import { EVT } from './hci.ts'

/** The host's end of the wire to a controller. */
export interface HostPort {
  /** Gives bytes to the host; false while it is behind, until it calls `Controller.hostReady`. */
  write(packet: Buffer): boolean
  /** Pulls the plug: the host spoke no HCI. */
  cut(): void
}

const DEFAULT_EVENTS = 0x1f

/** What a controller says to its host. */
export class HostWire {
  /** The LE events that the host wants, a bit each. */
  leEvents = DEFAULT_EVENTS
  /** The host has not taken all that was written. */
  behind = false
  /** Switched off, a controller says nothing. */
  silent = false
  readonly #port: HostPort

  constructor(port: HostPort) {
    this.#port = port
  }

  reset(): void {
    this.leEvents = DEFAULT_EVENTS
  }

  /** False when the host is behind from now on. */
  write(packet: Buffer): boolean {
    this.behind = !this.#port.write(packet)
    return !this.behind
  }

  event(code: number, parameters: Uint8Array): void {
    if (!this.silent) this.write(event(code, parameters))
  }

  leEvent(code: number, parameters: Uint8Array): void {
    if ((this.leEvents & (1 << (code - 1))) === 0) return
    this.event(EVT.le, Buffer.concat([Buffer.from([code]), parameters]))
  }

  cut(): void {
    this.#port.cut()
  }
}
