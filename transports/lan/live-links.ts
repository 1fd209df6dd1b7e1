/** The links that are open, by instance and by address. */
import type { Socket } from 'node:net'
import type { InstanceId } from '../preface/instance-identity.ts'
import { plainAddress } from './lan-address.ts'

/** Links in all, and with one address. */
export const MAX_LINKS = 512
export const MAX_LINKS_PER_ADDRESS = 64

interface LiveLink {
  readonly socket: Socket
  readonly id: InstanceId
  /** The peer's IP address. */
  readonly host: string
  /** This device's IP address at this end. */
  readonly local: string
  bytesRead: number
  /** When `bytesRead` was last seen to grow; monotonic milliseconds. */
  heardAt: number
}

export class LiveLinks {
  readonly #byId = new Map<InstanceId, Set<LiveLink>>()
  readonly #perHost = new Map<string, number>()
  #size = 0

  /** True when one more link with that host is within bounds. */
  hasRoom(host: string): boolean {
    return this.#size < MAX_LINKS && (this.#perHost.get(host) ?? 0) < MAX_LINKS_PER_ADDRESS
  }

  has(id: InstanceId): boolean {
    return this.#byId.has(id)
  }

  /** Adds a link until its socket closes; `onclose` then says whether it was the instance's last. */
  add(socket: Socket, id: InstanceId, now: number, onclose: (last: boolean) => void): void {
    const host = plainAddress(socket.remoteAddress ?? '')
    const local = plainAddress(socket.localAddress ?? '')
    const link: LiveLink = { socket, id, host, local, bytesRead: socket.bytesRead, heardAt: now }
    const links = this.#byId.get(id) ?? new Set()
    this.#byId.set(id, links.add(link))
    this.#size += 1
    this.#perHost.set(host, (this.#perHost.get(host) ?? 0) + 1)
    socket.once('close', () => {
      this.#remove(link)
      onclose(!this.#byId.has(id))
    })
  }

  /** Notes which links brought bytes since the last time. */
  sample(now: number): void {
    for (const link of this.#all()) {
      if (link.socket.bytesRead === link.bytesRead) continue
      link.bytesRead = link.socket.bytesRead
      link.heardAt = now
    }
  }

  /** Since when no sample showed bytes over any link to the instance; undefined without a link. */
  silentSince(id: InstanceId): number | undefined {
    const links = this.#byId.get(id)
    return links && Math.max(...[...links].map((link) => link.heardAt))
  }

  /** Destroys the links whose own end is one of those addresses. */
  destroyBoundTo(addresses: ReadonlySet<string>): void {
    for (const link of this.#all()) if (addresses.has(link.local)) link.socket.destroy()
  }

  /** Resolves once all are closed. */
  async destroyAll(): Promise<void> {
    const closing = this.#all().map(
      ({ socket }) =>
        new Promise<void>((resolve) => {
          socket.once('close', () => resolve())
          socket.destroy()
        }),
    )
    await Promise.all(closing)
  }

  #all(): LiveLink[] {
    return [...this.#byId.values()].flatMap((links) => [...links])
  }

  #remove(link: LiveLink): void {
    const links = this.#byId.get(link.id)
    if (!links?.delete(link)) return
    if (links.size === 0) this.#byId.delete(link.id)
    this.#size -= 1
    const left = (this.#perHost.get(link.host) ?? 1) - 1
    if (left === 0) this.#perHost.delete(link.host)
    else this.#perHost.set(link.host, left)
  }
}
