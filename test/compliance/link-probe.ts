import { randomBytes } from 'node:crypto'
import type { Link, Transport } from '../../core/transport.ts'
import { until } from './until.ts'

const NONCE_BYTES = 8
const HELLO_BYTES = 1 + NONCE_BYTES

/** Watches one link of a transport: says hello, so that its two ends can be told, and keeps what comes. */
export class LinkProbe {
  readonly link: Link
  readonly #hello: Buffer
  #chunks: Buffer[] = []
  #received = 0
  #taken = 0
  #peerHello: Buffer | null = null
  closed = false

  constructor(link: Link, index: number) {
    this.link = link
    this.#hello = Buffer.concat([Buffer.of(index), randomBytes(NONCE_BYTES)])
    link.stream.on('error', () => {})
    link.stream.on('close', () => (this.closed = true))
    link.stream.on('data', (data: Uint8Array) => this.#ondata(data))
    link.stream.write(this.#hello)
  }

  /** The index of the transport at the other end, once it said hello. */
  get peer(): number | undefined {
    return this.#peerHello?.[0]
  }

  /** Bytes received after the hello. */
  get received(): number {
    return this.#received
  }

  /** Whether `other` is the other end of the same link. */
  isOtherEndOf(other: LinkProbe): boolean {
    return (
      this.#peerHello?.equals(other.#hello) === true &&
      other.#peerHello?.equals(this.#hello) === true
    )
  }

  /** Stops taking bytes from the stream, so that the writer has to wait. */
  stopReading(): void {
    this.link.stream.pause()
  }

  readOn(): void {
    this.link.stream.resume()
  }

  /** Writes pieces one after another, waiting for `drain` whenever the stream asks for it. */
  async write(pieces: Iterable<Uint8Array>, onaccepted?: (bytes: number) => void): Promise<void> {
    for (const piece of pieces) {
      if (this.closed) throw new Error('the link closed while it was written to')
      const drained = this.link.stream.write(piece) ? null : this.#drained()
      onaccepted?.(piece.byteLength)
      await drained
    }
  }

  /** The next `bytes` bytes, once they are there. */
  async read(bytes: number): Promise<Buffer> {
    const end = this.#taken + bytes
    await until(`${bytes} bytes on the link`, () => this.#received >= end || this.closed)
    if (this.#received < end) throw new Error('the link closed before everything arrived')
    const held = Buffer.concat(this.#chunks)
    this.#chunks = [held.subarray(bytes)]
    this.#taken = end
    return held.subarray(0, bytes)
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.link.stream.removeListener('drain', done)
        this.link.stream.removeListener('close', done)
        resolve()
      }
      this.link.stream.on('drain', done)
      this.link.stream.on('close', done)
    })
  }

  #ondata(data: Uint8Array): void {
    let fresh = Buffer.from(data)
    if (this.#peerHello === null) {
      const seen = Buffer.concat([...this.#chunks, fresh])
      if (seen.byteLength < HELLO_BYTES) {
        this.#chunks = [seen]
        return
      }
      this.#peerHello = seen.subarray(0, HELLO_BYTES)
      this.#chunks = []
      fresh = seen.subarray(HELLO_BYTES)
    }
    this.#received += fresh.byteLength
    this.#chunks.push(fresh)
  }
}

/** All links that one transport ever gave. */
export class TransportProbe {
  readonly transport: Transport
  readonly links: LinkProbe[] = []
  readonly #index: number
  readonly #onlink = (link: Link): void => void this.links.push(new LinkProbe(link, this.#index))

  constructor(transport: Transport, index: number) {
    this.transport = transport
    this.#index = index
    transport.on('link', this.#onlink)
  }

  /** Leaves further links to others: a hello of ours would spoil their handshake. */
  release(): void {
    this.transport.removeListener('link', this.#onlink)
  }

  /** Links to the other transport, open or not, whose hello arrived. */
  linksTo(other: TransportProbe): LinkProbe[] {
    return this.links.filter((link) => link.peer === other.#index)
  }

  /** Both ends of an open link between the two, if there is one: own end first. */
  pairWith(other: TransportProbe): [LinkProbe, LinkProbe] | undefined {
    const open = other.linksTo(this).filter((link) => !link.closed)
    for (const own of this.linksTo(other)) {
      const end = own.closed ? undefined : open.find((link) => link.isOtherEndOf(own))
      if (end !== undefined) return [own, end]
    }
    return undefined
  }

  /** Waits for both ends of an open link between the two. */
  linkedWith(other: TransportProbe): Promise<[LinkProbe, LinkProbe]> {
    const names = `a link between devices ${this.#index} and ${other.#index}`
    return until(names, () => this.pairWith(other))
  }
}
