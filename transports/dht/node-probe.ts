/** Asks DHT nodes whether they are in reach, on a socket of its own that costs nothing while nobody asks. */
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { isIPv4 } from 'node:net'
import type { Random } from '../../core/random.ts'
import type { BootstrapNode } from './bootstrap.ts'
import { decodePong, encodePing } from './ping-codec.ts'

/** Answers to older questions count for nothing: at two rounds a second these are of the last 5 s. */
const OPEN_QUESTIONS = 32

export interface NodeProbeOptions {
  readonly random: Random
  /** Finds the IPv4 address of a name; the system's own way by default. */
  readonly resolve?: ((name: string) => Promise<string>) | undefined
}

const systemResolve = async (name: string): Promise<string> =>
  (await lookup(name, { family: 4 })).address

export class NodeProbe {
  /** Called at each answer, late ones too: a satellite takes its time. */
  onanswer: () => void = () => {}
  readonly #random: Random
  readonly #resolve: (name: string) => Promise<string>
  /** Addresses of names as found last: a name server may be away when the nodes are not. */
  readonly #resolved = new Map<string, string>()
  readonly #resolving = new Set<string>()
  /** Oldest first. */
  readonly #questions = new Set<string>()
  #socket: Socket | null = null

  constructor({ random, resolve = systemResolve }: NodeProbeOptions) {
    this.#random = random
    this.#resolve = resolve
  }

  /** Asks each of the nodes once. Never throws. */
  ask(nodes: readonly BootstrapNode[]): void {
    for (const { host, port } of nodes) {
      const address = this.#address(host)
      if (address === undefined) continue
      const id = this.#random.bytes(2).readUInt16LE(0)
      this.#note(question(id, address, port))
      // Where there is no way at all the system says so at once; then nothing answers.
      this.#open().send(encodePing(id, address, port), port, address, () => {})
    }
  }

  /** Frees the socket; answers that are under way are not heard. */
  close(): void {
    this.#questions.clear()
    const socket = this.#socket
    this.#socket = null
    socket?.close()
  }

  #note(asked: string): void {
    this.#questions.add(asked)
    if (this.#questions.size <= OPEN_QUESTIONS) return
    for (const oldest of this.#questions) {
      this.#questions.delete(oldest)
      return
    }
  }

  #open(): Socket {
    if (this.#socket !== null) return this.#socket
    const socket = createSocket('udp4')
    socket.on('error', () => {
      if (this.#socket === socket) this.close()
    })
    socket.on('message', (bytes, { address, port }) => {
      const id = decodePong(bytes)
      if (id !== null && this.#questions.delete(question(id, address, port))) this.onanswer()
    })
    socket.bind(0)
    socket.unref()
    this.#socket = socket
    return socket
  }

  #address(host: string): string | undefined {
    if (isIPv4(host)) return host
    if (!this.#resolving.has(host)) {
      this.#resolving.add(host)
      void this.#resolve(host)
        .then((address) => this.#resolved.set(host, address))
        .catch(() => {})
        .finally(() => this.#resolving.delete(host))
    }
    return this.#resolved.get(host)
  }
}

function question(id: number, address: string, port: number): string {
  return `${id} ${address} ${port}`
}
