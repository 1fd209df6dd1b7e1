/** Every connection of the radio from its channel to its end: who is at the other end, and whether it becomes a link. */
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { Random } from '../../core/random.ts'
import type { ReadableLink } from '../preface/exact-reader.ts'
import type { InstanceId } from '../preface/instance-identity.ts'
import { runPreface } from '../preface/preface.ts'
import type { PrefaceProof, PrefaceResult, PrefaceSelf } from '../preface/preface.ts'
import { topicHash } from '../preface/preface-codec.ts'
import type { Side } from '../preface/preface-codec.ts'
import { advertisedId } from './identifier.ts'
import { chooseLink } from './link-choice.ts'
import type { RadioChannel } from './radio.ts'
import type { Contact, Resolver } from './resolver.ts'
import { settle } from './slots-policy.ts'
import type { Slot, SlotLimits } from './slots-policy.ts'

/** How long a peer may take to show who it is. */
export const PREFACE_MS = 10_000
/** So long a connection that only claims an identifier keeps this device from dialling who advertises it. */
const CLAIM_MS = 2_000
/** Packets in the last moment that a link without traffic does not bring: keepalives and pings are fewer. */
const BUSY_PACKETS = 30
const BUSY_MS = 2_000
/** Identifiers that one link's peer is known to have had. */
const MAX_IDS = 16

/** `linked`, or why not: `again` is a device that has a link already, `full` has no slot for it, `refused` hung up. */
export type Outcome = 'linked' | 'again' | 'full' | 'stranger' | 'refused' | 'silent'

export interface ConnectionsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly resolver: Resolver
  readonly openLink: (channel: RadioChannel) => ReadableLink
  readonly self: (links: readonly Uint8Array[]) => PrefaceSelf
  /** This device's id now. */
  readonly own: () => InstanceId
  readonly limits: () => SlotLimits
  readonly onlink: (connection: BleConnection) => void
  /** A connection ended; what it was can be read from it. */
  readonly onend: (connection: BleConnection) => void
}

/** One connection. Times are monotonic milliseconds. */
export class BleConnection implements Slot {
  readonly side: Side
  readonly likely: boolean
  readonly stream: ReadableLink
  readonly channel: RadioChannel
  readonly #clock: Clock
  stage: Slot['stage'] = 'opening'
  since: number
  contact: Contact | null = null
  proof: PrefaceProof | undefined
  /** Identifiers that its peer advertised, as far as they are known; the first one was only claimed until it is a link. */
  readonly ids = new Set<string>()
  /** This end let it go for the sake of another. */
  gaveWay = false
  #packets = 0
  #countedFrom: number
  #before = 0

  constructor(
    stream: ReadableLink,
    channel: RadioChannel,
    side: Side,
    likely: boolean,
    clock: Clock,
  ) {
    this.stream = stream
    this.channel = channel
    this.side = side
    this.likely = likely
    this.#clock = clock
    this.since = this.#countedFrom = clock.monotonic()
    channel.on('packet', () => {
      this.#count()
      this.#packets += 1
    })
  }

  get linked(): boolean {
    return this.stage !== 'opening'
  }

  get busy(): boolean {
    this.#count()
    return this.#before + this.#packets >= BUSY_PACKETS
  }

  noteId(id: string): void {
    this.ids.delete(id)
    if (this.ids.size >= MAX_IDS) this.ids.delete(this.ids.values().next().value!)
    this.ids.add(id)
  }

  #count(): void {
    const now = this.#clock.monotonic()
    if (now - this.#countedFrom < BUSY_MS) return
    this.#before = now - this.#countedFrom < 2 * BUSY_MS ? this.#packets : 0
    this.#packets = 0
    this.#countedFrom = now
  }
}

export class Connections {
  readonly #options: ConnectionsOptions
  readonly #all = new Set<BleConnection>()
  readonly #ended = new Map<BleConnection, Promise<void>>()

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  get slots(): readonly BleConnection[] {
    return [...this.#all]
  }

  count(side: Side): number {
    return this.slots.filter((connection) => connection.side === side).length
  }

  /** The link with whoever advertises that. */
  linkWith(id: string, contact: Contact | null | undefined): BleConnection | undefined {
    return this.slots.find(
      (other) =>
        other.linked &&
        (other.ids.has(id) || (typeof contact === 'string' && other.contact === contact)),
    )
  }

  /** Whether there is a link with whoever had that identifier, or a connection that may become one any moment. */
  has(id: string): boolean {
    if (this.linkWith(id, null)) return true
    const lately = this.#options.clock.monotonic() - CLAIM_MS
    return this.slots.some((other) => other.ids.has(id) && other.since > lately)
  }

  /** Learns who is at the other end of a fresh channel. Never rejects. */
  async open(channel: RadioChannel, side: Side, likely: boolean): Promise<Outcome> {
    const { clock, random, openLink, self } = this.#options
    const stream = openLink(channel)
    // An error is always followed by `close`, which is what counts.
    stream.on('error', () => {})
    const connection = new BleConnection(stream, channel, side, likely, clock)
    this.#watch(connection, channel)
    const result = await runPreface(stream, {
      clock,
      random,
      medium: 'ble',
      side,
      limit: PREFACE_MS,
      self: () => self(this.#names()),
      onhello: (peer) => connection.noteId(advertisedId(peer.id)),
    })
    return this.#judge(connection, result)
  }

  /** Ends a connection for the sake of another. */
  end(connection: BleConnection): void {
    connection.gaveWay = true
    connection.stream.destroy()
    // A link says goodbye first; who said nothing gets no moment more.
    if (!connection.linked) connection.channel.close()
  }

  /** Other devices are known now: looks who of those linked is one. */
  recognise(): void {
    for (const connection of this.#all) {
      if (!connection.linked || !connection.proof) continue
      connection.contact = this.#options.resolver.proven(connection.proof)
      connection.stage = connection.contact === null ? 'stranger' : 'contact'
    }
    this.endOutdated()
  }

  /** Ends strangers' links of an earlier id: whoever kept one could tell that the next id is the same device. */
  endOutdated(): void {
    for (const connection of this.#all)
      if (connection.linked && !connection.gaveWay && this.#isOutdated(connection))
        this.end(connection)
  }

  /** Resolves once all have ended. */
  async close(): Promise<void> {
    const ended = [...this.#ended.values()]
    for (const connection of this.#all) connection.stream.destroy()
    await Promise.all(ended)
  }

  #watch(connection: BleConnection, channel: RadioChannel): void {
    this.#all.add(connection)
    const ended = new Promise<void>((resolve) => {
      channel.once('close', () => {
        connection.stream.destroy()
        this.#all.delete(connection)
        this.#ended.delete(connection)
        resolve()
        this.#options.onend(connection)
      })
    })
    this.#ended.set(connection, ended)
  }

  #names(): Buffer[] {
    return this.slots.flatMap((connection) => {
      const { linked, proof } = connection
      // One that says goodbye under an earlier id would give that id away.
      return linked && proof && !this.#isOutdated(connection) ? [proof.name] : []
    })
  }

  #isOutdated({ contact, proof }: BleConnection): boolean {
    return contact === null && proof !== undefined && proof.own !== this.#options.own()
  }

  #judge(connection: BleConnection, result: PrefaceResult): Outcome {
    const { resolver, limits, onlink, logger, clock } = this.#options
    if (result.outcome === 'stranger') return 'stranger'
    if (result.outcome !== 'common' || connection.stream.destroyed) {
      const late = clock.monotonic() - connection.since >= PREFACE_MS
      return late || connection.gaveWay ? 'silent' : 'refused'
    }
    const { peer, proof } = result
    const id = advertisedId(peer.id)
    connection.proof = proof
    connection.contact = resolver.proven(proof)
    if (this.#isOutdated(connection)) {
      connection.stream.destroy()
      return 'full'
    }
    for (const other of this.#sameDevice(connection, proof)) {
      const choice = chooseLink({
        shownByUs: proof.ownTopics.includes(other.proof!.name),
        shownByThem: isShown(other, proof),
        earlier: other.proof!.name,
        later: proof.name,
      })
      logger.debug('ble.again', { choice })
      if (choice === 'earlier') {
        other.noteId(id)
        connection.stream.destroy()
        return 'again'
      }
      for (const known of other.ids) connection.noteId(known)
      connection.noteId(id)
      other.stream.destroy()
    }
    const others = this.slots.filter((other) => other !== connection && !other.stream.destroyed)
    const admission = settle(others, connection.contact !== null, limits(), clock.monotonic())
    if (admission.verdict === 'instead') this.end(admission.ends)
    if (admission.verdict === 'out') {
      connection.stream.destroy()
      return 'full'
    }
    connection.stage = connection.contact === null ? 'stranger' : 'contact'
    connection.since = clock.monotonic()
    onlink(connection)
    return 'linked'
  }

  /** Not by recognition key: whoever was told it could end others' links with it. */
  #sameDevice(connection: BleConnection, proof: PrefaceProof): BleConnection[] {
    const [id = ''] = connection.ids
    return this.slots.filter(
      (other) =>
        other !== connection &&
        other.linked &&
        !other.stream.destroyed &&
        !this.#isOutdated(other) &&
        (other.ids.has(id) || isShown(other, proof)),
    )
  }
}

/** The other end showed that it has this link. */
function isShown({ proof }: BleConnection, { shown, bound }: PrefaceProof): boolean {
  return proof !== undefined && shown.has(topicHash(proof.name, bound))
}
