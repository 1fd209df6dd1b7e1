import type { KeyPair } from 'hypercore'
import { BoundedMap } from '../bounded-map.ts'
import type { Clock } from '../clock.ts'
import type { Connection } from '../connection/connection.ts'
import type { Logger } from '../logger.ts'
import type { Random } from '../random.ts'
import type { Transport } from '../transport.ts'
import { Bucket } from './bucket.ts'
import { CircuitLink } from './circuit-link.ts'
import type { CircuitLinkHost } from './circuit-link.ts'
import { CircuitTransport } from './circuit-transport.ts'
import { FindBook } from './find-book.ts'
import type { Leg } from './leg.ts'
import { FIND_TAG } from './messages.ts'
import type { FindMessage, FoundMessage, OpenMessage } from './messages.ts'
import type { Missing } from './missing.ts'
import { Relay, RELAY_LIMITS } from './relay.ts'
import type { RelayLimits } from './relay.ts'
import { CIRCUIT, Seeker } from './seeker.ts'

export interface CircuitsOptions {
  /** This device's keys. */
  readonly device: () => KeyPair
  /** The devices that a link is wanted to. */
  readonly missing: () => readonly Missing[]
  /** Whether this person lets others' circuits through; default yes. */
  readonly relays?: () => boolean
  readonly relayLimits?: RelayLimits
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Finds of one host that count, at once and each second: twice what a neighbour passes on to us. */
const FINDS_IN = 32
const FINDS_IN_RATE = 2
const FINDS_OUT = 16
const FINDS_OUT_RATE = 1
/** Circuits that one host opens, at once and each second. */
const OPENS = 16
const OPENS_RATE = 1
/** Hosts whose use is remembered. */
const MAX_HOSTS = 1_024
/** How long it is known who is missing, ms. */
const FRESH = 1_000
/** Bytes of a find beside its tags, with all that is around it. */
const FIND_BYTES = 64

/**
 * Links to members through neighbours, who need not share a room and see ciphertext alone. Finds go by ordinary links
 * only and circuits are made of them, so that no circuit ever runs over another.
 */
export class Circuits {
  readonly transport: Transport
  readonly #options: CircuitsOptions
  readonly #links = new Set<CircuitLink>()
  readonly #book = new FindBook<CircuitLink>()
  readonly #seeker: Seeker
  readonly #relay: Relay
  readonly #host: CircuitLinkHost
  /** By host: many keys of one gain nothing. */
  readonly #finds = new BoundedMap<string, Bucket>(MAX_HOSTS)
  readonly #opens = new BoundedMap<string, Bucket>(MAX_HOSTS)
  #missing: { readonly list: readonly Missing[]; readonly at: number } | null = null

  constructor(options: CircuitsOptions) {
    this.#options = options
    const transport = new CircuitTransport((on) =>
      on ? this.#seeker.start() : this.#seeker.stop(),
    )
    this.transport = transport
    this.#seeker = new Seeker({
      ...options,
      missing: () => this.#wanted(),
      book: this.#book,
      neighbours: () => this.#neighbours(),
      onlink: (link) => transport.deliver(link),
    })
    this.#relay = new Relay({
      clock: options.clock,
      relays: options.relays ?? (() => true),
      limits: options.relayLimits ?? RELAY_LIMITS,
      neighbours: () => this.#neighbours(),
    })
    this.#host = {
      clock: options.clock,
      onready: () => this.#seeker.onneighbour(),
      onfind: (link, find) => this.#onfind(link, find),
      onfound: (link, found) => this.#onfound(link, found),
      onopening: (link, leg, way) => this.#onopening(link, leg, way),
      onclose: (link) => this.#onclose(link),
    }
  }

  /** Circuits through this device, circuits that end here, and bytes of the former that wait here. */
  get load(): { passing: number; own: number; queued: number } {
    return {
      passing: this.#relay.circuits,
      own: this.#seeker.circuits,
      queued: this.#relay.queued,
    }
  }

  /** Declares the channel of a session, in the tick in which its others are; not for a circuit's own session. */
  link(connection: Connection): void {
    if (connection.transport === CIRCUIT) return
    const finds = new Bucket(FINDS_OUT, FINDS_OUT_RATE)
    this.#links.add(new CircuitLink(connection, this.#host, finds))
  }

  /** Rooms, members or connections changed. */
  changed(): void {
    this.#missing = null
    this.#seeker.changed()
  }

  /** Ends all circuits, here and through here. */
  close(): void {
    this.#seeker.stop()
    this.#relay.close()
  }

  /** Finds are many, and members come and go seldom. */
  #wanted(): readonly Missing[] {
    const at = this.#options.clock.monotonic()
    if (!this.#missing || at - this.#missing.at > FRESH) {
      this.#missing = { list: this.#options.missing(), at }
    }
    return this.#missing.list
  }

  /** One link to each neighbour, the best. */
  #neighbours(): CircuitLink[] {
    const best = new Map<string, CircuitLink>()
    for (const link of this.#links) {
      if (!link.ready) continue
      const other = best.get(link.key)
      if (!other || link.connection.cost < other.connection.cost) best.set(link.key, link)
    }
    return [...best.values()]
  }

  #onfind(link: CircuitLink, find: FindMessage): void {
    const now = this.#options.clock.monotonic()
    if (!budget(this.#finds, link, FINDS_IN, FINDS_IN_RATE).take(1, now)) return link.spend()
    // What it may send is no reason to drop a stranger.
    link.connection.allow(FIND_BYTES + find.tags.length * FIND_TAG)
    const id = find.id.toString('hex')
    const known = this.#book.get(id, now)
    if (known) {
      if (known.from !== null) this.#seeker.onagain(link, find, known)
      return
    }
    const noted = this.#book.note(id, link, now)
    this.#seeker.onfind(link, find, noted)
    this.#relay.forward(link, find, noted)
  }

  #onfound(link: CircuitLink, found: FoundMessage): void {
    const answer = found.answer.toString('hex')
    const noted = this.#book.get(found.id.toString('hex'), this.#options.clock.monotonic())
    if (!noted || !this.#book.answered(noted, answer, link)) return link.spend()
    if (noted.from) noted.from.send.found.send(found)
    else if (!this.#seeker.onfound(link, found.id, found.answer)) link.spend()
  }

  #onopening(link: CircuitLink, leg: Leg, way: OpenMessage): void {
    const now = this.#options.clock.monotonic()
    if (!budget(this.#opens, link, OPENS, OPENS_RATE).take(1, now)) return leg.abort('busy')
    const answer = way.answer.toString('hex')
    const noted = this.#book.get(way.id.toString('hex'), now)
    const to = noted?.answers.get(answer)
    if (!noted?.heard.has(link) || to === undefined) return leg.abort('unknown')
    // An answer is good for one circuit.
    noted.answers.delete(answer)
    if (to) this.#relay.connect(link, leg, to, way)
    else this.#seeker.accept(link, leg, answer)
  }

  #onclose(link: CircuitLink): void {
    this.#links.delete(link)
    this.#book.forget(link)
    this.changed()
  }
}

function budget(
  buckets: BoundedMap<string, Bucket>,
  { host }: CircuitLink,
  burst: number,
  rate: number,
): Bucket {
  const bucket = buckets.get(host) ?? new Bucket(burst, rate)
  // The newest entry: a host in use is not forgotten.
  buckets.set(host, bucket)
  return bucket
}
