import type { Channel, Message } from 'protomux'
import { hostBucket } from '../address-bucket.ts'
import type { Clock } from '../clock.ts'
import type { Connection } from '../connection/connection.ts'
import { OTHERS } from '../connection/urgency.ts'
import { Bucket } from './bucket.ts'
import { Leg } from './leg.ts'
import { CIRCUITS_PROTOCOL, circuitMessages, MAX_NUMBER } from './messages.ts'
import type {
  CircuitSenders,
  CloseMessage,
  CreditMessage,
  DataMessage,
  FindMessage,
  FoundMessage,
  OpenMessage,
} from './messages.ts'
import { Pump } from './pump.ts'

/** Circuits on one link, with those whose other end did not yet say that it knows of their end. */
const MAX_LEGS = 64
/** Words at once, and more each second, that an honest neighbour would not have said. */
const PATIENCE = 256
const PATIENCE_RATE = 4

/** What is passed on waits over a narrow link for what its two ends say to each other. */
const URGENCIES = { data: OTHERS, close: OTHERS } as const

/** What all links of this device share. */
export interface CircuitLinkHost {
  readonly clock: Clock
  /** The neighbour knows circuits. */
  onready(link: CircuitLink): void
  onfind(link: CircuitLink, find: FindMessage): void
  onfound(link: CircuitLink, found: FoundMessage): void
  /** The neighbour opened a circuit: it is joined or aborted before this returns. */
  onopening(link: CircuitLink, leg: Leg, way: OpenMessage): void
  onclose(link: CircuitLink): void
}

/** What is said of circuits in one session, with a neighbour that need not share a room. */
export class CircuitLink {
  readonly connection: Connection
  readonly send: CircuitSenders
  /** Finds that were sent to it. */
  readonly finds: Bucket
  readonly #host: CircuitLinkHost
  readonly #channel: Channel
  readonly #legs = new Map<number, Leg>()
  readonly #pump: Pump
  readonly #patience = new Bucket(PATIENCE, PATIENCE_RATE)
  #ready = false
  #next: number
  #last = 0

  constructor(connection: Connection, host: CircuitLinkHost, finds: Bucket) {
    this.connection = connection
    this.finds = finds
    this.#host = host
    const channel = connection.mux.createChannel({
      protocol: CIRCUITS_PROTOCOL,
      onopen: () => {
        this.#ready = true
        host.onready(this)
      },
      onclose: () => (this.#ready = false),
    })
    if (!channel) throw new Error('a fresh connection has no channel for circuits')
    this.#channel = channel
    // The two ends number what they open apart.
    this.#next = connection.initiator ? 1 : 2
    this.#pump = new Pump({
      clock: host.clock,
      ready: () => connection.roomy,
      drained: () => connection.drained(),
    })
    connection.rank(CIRCUITS_PROTOCOL, circuitMessages, URGENCIES)
    this.send = this.#declare()
    channel.open()
    connection.once('close', () => this.#close())
  }

  /** Who the neighbour is, as far as links tell two neighbours apart. */
  get key(): string {
    return this.connection.remoteKey.toString('hex')
  }

  get address(): string {
    return this.connection.address
  }

  /** By which its use is counted: many keys of one host gain nothing. */
  get host(): string {
    return hostBucket(this.connection.transport, this.address)
  }

  /** True where bytes cost this person: others' circuits do not go over it. */
  get metered(): boolean {
    return this.connection.metered
  }

  /** True while the neighbour knows circuits. */
  get ready(): boolean {
    return this.#ready && !this.connection.closed
  }

  /** True once the neighbour proved that it shares a room. */
  get known(): boolean {
    return this.connection.standing === 'member'
  }

  /** Opens a circuit along an answer that came by this link; null when there are too many. */
  open(id: Buffer, answer: Buffer): Leg | null {
    if (!this.ready || this.#legs.size >= MAX_LEGS || this.#next > MAX_NUMBER) return null
    const leg = this.#leg(this.#next)
    this.#next += 2
    this.send.open.send({ circuit: leg.number, id, answer })
    return leg
  }

  /** The neighbour said what it need not have said; whoever goes on is left. */
  spend(): void {
    if (this.#patience.take(1, this.#host.clock.monotonic())) return
    this.connection.close('the peer said too much of circuits')
  }

  #leg(number: number): Leg {
    const leg = new Leg(number, {
      send: this.send,
      narrow: this.connection.narrow,
      allow: (bytes) => this.connection.allow(bytes),
      wake: (one) => this.#pump.wake(one),
      gone: (one) => void this.#legs.delete(one.number),
    })
    this.#legs.set(number, leg)
    return leg
  }

  #onopening(message: OpenMessage): boolean {
    const { circuit } = message
    const theirs = circuit % 2 === (this.connection.initiator ? 0 : 1)
    if (!theirs || circuit <= this.#last || this.#legs.size >= MAX_LEGS) return false
    this.#last = circuit
    this.#host.onopening(this, this.#leg(circuit), message)
    return true
  }

  /** What crossed the end of a circuit is no fault. */
  #late(): true {
    this.spend()
    return true
  }

  #close(): void {
    this.#ready = false
    this.#pump.close()
    for (const leg of this.#legs.values()) leg.lost()
    this.#host.onclose(this)
  }

  /** Declares the messages in their order; each handler is bounded by its codec and cannot throw. */
  #declare(): CircuitSenders {
    const host = this.#host
    /** `handle` is false for what no honest neighbour sends. */
    const add = <T>(
      name: keyof typeof circuitMessages,
      handle: (value: T) => boolean | void,
    ): Message<T> =>
      this.#channel.addMessage<T>({
        encoding: circuitMessages[name] as never,
        onmessage: (value) => {
          if (this.connection.closed || handle(value) !== false) return
          this.connection.close(`the peer broke the rules for circuits: ${name}`)
        },
      })
    return {
      find: add('find', (m: FindMessage) => host.onfind(this, m)),
      found: add('found', (m: FoundMessage) => host.onfound(this, m)),
      open: add('open', (m: OpenMessage) => this.#onopening(m)),
      data: add(
        'data',
        ({ circuit, data }: DataMessage) => this.#legs.get(circuit)?.ondata(data) ?? false,
      ),
      credit: add(
        'credit',
        ({ circuit, bytes }: CreditMessage) =>
          this.#legs.get(circuit)?.oncredit(bytes) ?? this.#late(),
      ),
      close: add(
        'close',
        ({ circuit, reason }: CloseMessage) =>
          this.#legs.get(circuit)?.onclose(reason) ?? this.#late(),
      ),
    } as CircuitSenders
  }
}
