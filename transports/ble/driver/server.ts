/** What bleno serves to the devices that dial this one: which of its links are ready, and the packets on them. */
import type { Clock, Timer } from '../../../core/clock.ts'
import { SERVICE_UUID, TO_CENTRAL_UUID, TO_PERIPHERAL_UUID } from '../uuids.ts'
import type { Family } from './family.ts'
import type { HciHost } from './hci-host.ts'
import type { HciLink } from './hci-link.ts'

/** Who dials and does not subscribe in this time makes room for others. */
const SUBSCRIBE_MS = 10_000

export interface ServerOptions {
  readonly host: HciHost
  readonly family: Family
  readonly clock: Clock
  readonly onready: (link: HciLink, write: (packet: Buffer) => void) => void
  readonly onpacket: (link: HciLink, packet: Buffer) => void
}

export class Server {
  readonly #host: HciHost
  readonly #options: ServerOptions
  readonly #ready = new Set<HciLink>()
  readonly #timers = new Map<HciLink, Timer>()

  constructor(options: ServerOptions) {
    this.#options = options
    this.#host = options.host
    this.#host.on('connected', (link) => {
      if (link.role !== 'peripheral') return
      const late = (): void => this.#host.disconnect(link.handle)
      this.#timers.set(link, options.clock.after(SUBSCRIBE_MS, late))
    })
    this.#host.on('disconnected', (link) => {
      this.#ready.delete(link)
      this.#inTime(link)
    })
  }

  start(): void {
    this.#options.family.serve({
      uuid: SERVICE_UUID,
      written: TO_PERIPHERAL_UUID,
      notified: TO_CENTRAL_UUID,
      onwrite: (handle, data) => {
        const link = this.#link(handle)
        if (link && this.#ready.has(link)) this.#options.onpacket(link, data)
      },
      onsubscribe: (handle, notify) => {
        const link = this.#link(handle)
        if (!link || this.#ready.has(link)) return
        this.#inTime(link)
        this.#ready.add(link)
        this.#options.onready(link, notify)
      },
      onunsubscribe: (handle) => {
        const link = this.#link(handle)
        if (link && this.#host.links.get(link.handle) === link) this.#host.disconnect(link.handle)
      },
    })
  }

  /** The only link of its role, in the family that does not name it. */
  #link(handle: number | null): HciLink | undefined {
    if (handle !== null) return this.#host.links.get(handle)
    return [...this.#host.links.values()].find((link) => link.role === 'peripheral')
  }

  #inTime(link: HciLink): void {
    this.#timers.get(link)?.cancel()
    this.#timers.delete(link)
  }
}
