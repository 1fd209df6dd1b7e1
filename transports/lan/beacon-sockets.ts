/**
 * The sockets of the beacon: one receiver a family on the shared port, and one sender an interface on
 * a port of its own, to which answers come back even when several programs share the fixed port.
 */
import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket } from 'node:dgram'
import { formatHostPort, isLinkLocal6, plainAddress } from './lan-address.ts'
import { broadcastOf } from './nics.ts'
import type { Nic } from './nics.ts'

export const GROUP4 = '239.255.47.70'
export const GROUP6 = 'ff02::4770'

export interface BeaconSocketsOptions {
  readonly nics: readonly Nic[]
  readonly port: number
  /** What each sender says as soon as it is open. */
  readonly hello: () => Buffer
  /** `reply` sends to the datagram's source alone. */
  readonly ondatagram: (data: Buffer, host: string, reply: (data: Buffer) => void) => void
  /** Sending or joining failed in a way that fresh sockets may cure. */
  readonly ontrouble: (error: Error) => void
}

interface Sender {
  readonly socket: Socket
  readonly targets: readonly string[]
  ready: boolean
}

/** Open from construction until `close`. */
export class BeaconSockets {
  readonly #options: BeaconSocketsOptions
  readonly #sockets = new Set<Socket>()
  readonly #senders: Sender[] = []
  #closed = false

  constructor(options: BeaconSocketsOptions) {
    this.#options = options
    const v4 = options.nics.filter((nic) => nic.family === 4)
    const v6 = options.nics.filter((nic) => isLinkLocal6(nic.address))
    if (v4.length > 0) this.#openReceiver(4, v4)
    if (v6.length > 0) this.#openReceiver(6, v6)
    for (const nic of [...v4, ...v6]) this.#openSender(nic)
  }

  /** Sends to everyone near, on every interface; resolves once all were handed to the system. */
  async send(data: Buffer): Promise<void> {
    const open = this.#senders.filter((sender) => sender.ready)
    await Promise.all(open.map((sender) => this.#sendFrom(sender, data)))
  }

  /** Resolves once every socket is closed. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.all(
      [...this.#sockets].map(
        (socket) =>
          new Promise<void>((resolve) => {
            try {
              socket.close(() => resolve())
            } catch {
              // A socket that failed to bind is closed already.
              resolve()
            }
          }),
      ),
    )
  }

  #create(family: 4 | 6, shared: boolean): Socket {
    const socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      reuseAddr: shared,
      ipv6Only: family === 6,
    })
    this.#sockets.add(socket)
    socket.on('error', (error) => this.#trouble(error))
    socket.on('message', (data, from) => this.#ondatagram(socket, data, from))
    return socket
  }

  #openReceiver(family: 4 | 6, nics: readonly Nic[]): void {
    const socket = this.#create(family, true)
    socket.bind({ port: this.#options.port, address: family === 4 ? '0.0.0.0' : '::' }, () => {
      const joined = new Set<string>()
      for (const nic of nics) {
        if (joined.has(nic.name)) continue
        joined.add(nic.name)
        this.#attempt(() =>
          family === 4
            ? socket.addMembership(GROUP4, nic.address)
            : socket.addMembership(GROUP6, `::%${scopeOf(nic)}`),
        )
      }
    })
  }

  #openSender(nic: Nic): void {
    const socket = this.#create(nic.family, false)
    const broadcast = broadcastOf(nic)
    const targets =
      nic.family === 6
        ? [`${GROUP6}%${scopeOf(nic)}`]
        : broadcast === undefined
          ? [GROUP4]
          : [GROUP4, broadcast]
    const sender: Sender = { socket, targets, ready: false }
    this.#senders.push(sender)
    socket.bind({ port: 0, address: nic.address, exclusive: true }, () => {
      sender.ready = this.#attempt(() => {
        if (nic.family === 4) {
          socket.setBroadcast(true)
          socket.setMulticastInterface(nic.address)
        } else {
          socket.setMulticastInterface(`::%${scopeOf(nic)}`)
        }
        socket.setMulticastTTL(1)
      })
      if (sender.ready) void this.#sendFrom(sender, this.#options.hello())
    })
  }

  #attempt(act: () => void): boolean {
    if (this.#closed) return false
    try {
      act()
      return true
    } catch (error) {
      this.#trouble(error as Error)
      return false
    }
  }

  #ondatagram(socket: Socket, data: Buffer, from: RemoteInfo): void {
    if (this.#closed) return
    this.#options.ondatagram(data, plainAddress(from.address), (reply) => {
      void this.#sendTo(socket, reply, from.port, from.address)
    })
  }

  async #sendFrom(sender: Sender, data: Buffer): Promise<void> {
    await Promise.all(
      sender.targets.map((target) => this.#sendTo(sender.socket, data, this.#options.port, target)),
    )
  }

  #sendTo(socket: Socket, data: Buffer, port: number, host: string): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      try {
        socket.send(data, port, host, (error) => {
          if (error) this.#trouble(error)
          resolve()
        })
      } catch (error) {
        this.#trouble(new Error(`sending to ${formatHostPort(host, port)}`, { cause: error }))
        resolve()
      }
    })
  }

  #trouble(error: Error): void {
    if (!this.#closed) this.#options.ontrouble(error)
  }
}

function scopeOf(nic: Nic): string {
  return nic.address.split('%')[1] ?? nic.name
}
