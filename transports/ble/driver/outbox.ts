/**
 * Packets on their way to the controller. They wait here, not in noble and bleno, whose queues are shared by all their
 * links: a link that does not move then holds up no other.
 */
import type { HciHost } from './hci-host.ts'
import type { HciLink } from './hci-link.ts'

const HEADS = 4 + 3

interface Lane {
  readonly link: HciLink
  readonly write: (packet: Buffer) => void
  readonly waiting: Buffer[]
  bytes: number
  /** Fragments handed over that the controller has not sent yet. */
  pending: number
}

export class Outbox {
  readonly #host: HciHost
  readonly #most: number
  /** In the order in which they get their turns. */
  #lanes: Lane[] = []

  /** `most` bytes wait for a link. */
  constructor(host: HciHost, most: number) {
    this.#host = host
    this.#most = most
    host.on('sent', (link, fragments) => {
      const lane = this.#lanes.find((one) => one.link === link)
      if (lane) lane.pending = Math.max(0, lane.pending - fragments)
      this.#pump()
    })
    host.on('disconnected', (link) => {
      this.#lanes = this.#lanes.filter((one) => one.link !== link)
      this.#pump()
    })
  }

  open(link: HciLink, write: (packet: Buffer) => void): void {
    this.#lanes.push({ link, write, waiting: [], bytes: 0, pending: 0 })
  }

  /** False when it does not fit, or the link is gone. */
  add(link: HciLink, packet: Buffer): boolean {
    const lane = this.#lanes.find((one) => one.link === link)
    if (!lane || lane.bytes + packet.length > this.#most || packet.length > link.mtu - 3)
      return false
    lane.waiting.push(packet)
    lane.bytes += packet.length
    this.#pump()
    return true
  }

  #pump(): void {
    for (let lane = this.#next(); lane; lane = this.#next()) {
      const packet = lane.waiting.shift()!
      lane.bytes -= packet.length
      lane.pending += this.#fragments(packet)
      this.#lanes = [...this.#lanes.filter((one) => one !== lane), lane]
      lane.write(packet)
    }
  }

  #next(): Lane | undefined {
    const { count } = this.#host.buffers
    const all = this.#lanes.reduce((sum, one) => sum + one.pending, 0)
    const share = this.#lanes.length > 1 ? Math.ceil(count / 2) : count
    const next = this.#lanes.find((lane) => {
      if (lane.waiting.length === 0) return false
      // What needs more than its share goes alone, piece by piece.
      return lane.pending === 0 || lane.pending + this.#fragments(lane.waiting[0]!) <= share
    })
    // It waits for room, and no other passes it meanwhile.
    if (!next || (all > 0 && all + this.#fragments(next.waiting[0]!) > count)) return undefined
    return next
  }

  #fragments(packet: Buffer): number {
    return Math.ceil((HEADS + packet.length) / this.#host.buffers.length)
  }
}
