/** What runs between one start and its stop: listens to the radio, and keeps links with those around. */
import type { Clock } from '../../core/clock.ts'
import { errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { Random } from '../../core/random.ts'
import type { TransportStatus } from '../../core/transport.ts'
import type { ReadableLink } from '../preface/exact-reader.ts'
import type { PrefaceSelf } from '../preface/preface.ts'
import { Connections } from './connections.ts'
import type { BleConnection } from './connections.ts'
import { Dialler } from './dialler.ts'
import { DutyKeeper } from './duty-keeper.ts'
import type { DutyKeeperOptions } from './duty-keeper.ts'
import type { Power } from './duty-policy.ts'
import { decodeIdentifier } from './identifier.ts'
import { OwnIdentifier } from './own-identifier.ts'
import type { Radio, RadioChannel, Sighting } from './radio.ts'
import { Resolver } from './resolver.ts'
import type { Contact } from './resolver.ts'
import { shownTopics } from './shown-topics.ts'
import type { JoinedTopic } from './shown-topics.ts'
import { ShortLinks } from './short-links.ts'
import { Sightings } from './sightings.ts'
import type { Seen } from './sightings.ts'
import { admit, chooseSwap, slotLimits } from './slots-policy.ts'
import type { SlotLimits } from './slots-policy.ts'

/** How long this looks around eagerly for somebody who was lost or is awaited. */
export const SEEK_MS = 30_000

/** The recognition keys that core gave. */
export interface RecognitionKeys {
  readonly own: Uint8Array | undefined
  readonly known: readonly Uint8Array[]
}

export interface BleNodeOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly radio: Radio
  readonly openLink: (channel: RadioChannel) => ReadableLink
  readonly power: () => Power | undefined
  readonly topics: () => readonly JoinedTopic[]
  readonly keys: () => RecognitionKeys
  readonly onlink: (stream: ReadableLink, initiator: boolean, contact: Contact | null) => void
  readonly onstatus: (status: TransportStatus) => void
}

export class BleNode {
  readonly #options: BleNodeOptions
  readonly #sightings = new Sightings()
  readonly #resolver: Resolver
  readonly #connections: Connections
  readonly #dialler: Dialler
  readonly #identifier: OwnIdentifier
  readonly #duty: DutyKeeper
  readonly #shortLinks = new ShortLinks()
  readonly #detach: (() => void)[] = []
  #seekUntil: number
  #changedAt: number
  #swapping: BleConnection | undefined
  #closed = false

  constructor(options: BleNodeOptions) {
    this.#options = options
    const { clock, random, logger, radio } = options
    this.#seekUntil = this.#changedAt = clock.monotonic()
    this.#resolver = new Resolver(this.#changedAt)
    this.#resolver.setKeys(options.keys().known)
    this.#identifier = new OwnIdentifier({
      clock,
      random,
      logger,
      radio,
      key: () => options.keys().own,
      onrotate: () => this.#connections.endOutdated(),
    })
    this.#connections = new Connections({
      clock,
      random,
      logger,
      resolver: this.#resolver,
      openLink: options.openLink,
      limits: () => this.#limits(),
      self: (links) => this.#self(links),
      own: () => this.#identifier.identity.id,
      onlink: (connection) => this.#linked(connection),
      onend: (connection) => this.#ended(connection),
    })
    this.#dialler = new Dialler({
      clock,
      random,
      logger,
      radio,
      resolver: this.#resolver,
      sightings: this.#sightings,
      connections: this.#connections,
      shortLinks: this.#shortLinks,
      ownId: () => this.#identifier.id,
      limits: () => this.#limits(),
      looking: () => this.#looking(),
      onchange: () => {
        if (!this.#dialler.dialling) this.#swapping = undefined
        this.#duty.choose()
      },
    })
    this.#duty = new DutyKeeper({
      clock,
      random,
      radio,
      facts: () => this.#dutyFacts(),
      onreview: () => {
        this.#swap(clock.monotonic())
        this.#dialler.look()
      },
    })
  }

  /** Begins to listen and to advertise. Never rejects: without a radio that is a status. */
  async open(signal?: AbortSignal): Promise<void> {
    const { radio, onstatus, logger } = this.#options
    const onsighting = (sighting: Sighting): void => this.#heard(sighting)
    const onchannel = (channel: RadioChannel): void => this.#accept(channel)
    const onradio = (status: TransportStatus): void => {
      this.#lookAround()
      // Before its start is through, and at its end, that of the transport counts.
      if (!this.#closed && status.state !== 'off') onstatus(status)
    }
    radio.on('sighting', onsighting).on('channel', onchannel).on('status', onradio)
    this.#detach.push(() => {
      radio.off('sighting', onsighting).off('channel', onchannel).off('status', onradio)
    })
    this.#identifier.rotate()
    this.#lookAround()
    try {
      await radio.start(signal)
    } catch (error) {
      logger.error('ble.start', { code: errorCode(error) })
    }
    if (!this.#closed && !signal?.aborted && radio.status.state !== 'off') onstatus(radio.status)
  }

  /** Ends every link and the radio's work. Never rejects. */
  async close(): Promise<void> {
    const { radio, logger } = this.#options
    this.#closed = true
    this.#duty.stop()
    this.#identifier.stop()
    const dials = this.#dialler.close()
    await Promise.all([dials, this.#connections.close()])
    try {
      await radio.stop()
    } catch (error) {
      logger.error('ble.stop', { code: errorCode(error) })
    }
    for (const detach of this.#detach.splice(0)) detach()
    this.#sightings.clear()
  }

  /** Core lost somebody: looks around eagerly for a while, and tries everybody known anew. */
  seek(): void {
    this.#shortLinks.clear()
    this.#lookAround()
  }

  #lookAround(): void {
    if (this.#closed) return
    this.#seekUntil = this.#options.clock.monotonic() + SEEK_MS
    this.#dialler.forgive(false)
    this.#duty.choose()
  }

  /** Devices that had nothing in common may have now: under another identifier they look anew, too. */
  topicsChanged(): void {
    this.#identifier.rotate()
    this.#dialler.forgive(true)
    this.#lookAround()
  }

  /** Other devices are known, or this one has another key. */
  keysChanged(own: boolean): void {
    this.#resolver.setKeys(this.#options.keys().known)
    for (const seen of this.#sightings.all()) seen.contact = undefined
    this.#connections.recognise()
    if (own) this.#identifier.rotate()
    this.#dialler.look()
  }

  #limits(): SlotLimits {
    return slotLimits(this.#options.radio.abilities)
  }

  #self(links: readonly Uint8Array[]): PrefaceSelf {
    const { topics, keys } = this.#options
    const { identity } = this.#identifier
    return { identity, port: 0, generation: 0, ...shownTopics(topics(), links, keys().own) }
  }

  #heard(sighting: Sighting): void {
    const identifier = decodeIdentifier(sighting.payload)
    if (!identifier || this.#closed) return
    const now = this.#options.clock.monotonic()
    const seen = this.#sightings.heard(sighting, identifier, now)
    if (seen.firstSeen === now) this.#changedAt = now
    this.#dialler.look()
  }

  #accept(channel: RadioChannel): void {
    const { clock, logger } = this.#options
    const now = clock.monotonic()
    const likely = this.#isLikely(channel.address, now)
    const admission = admit(this.#connections.slots, likely, this.#limits(), now)
    if (this.#closed || admission.verdict === 'out') {
      logger.debug('ble.full', { likely })
      channel.close()
      return
    }
    if (admission.verdict === 'instead') this.#connections.end(admission.ends)
    void this.#connections.open(channel, 'acceptor', likely)
    this.#duty.choose()
  }

  /** A known device was heard there lately. Addresses can be forged: it only makes room to speak. */
  #isLikely(address: string, now: number): boolean {
    for (const seen of this.#sightings.all()) {
      if (seen.address !== address) continue
      seen.contact ??= this.#resolver.resolve(seen, now)
      if (typeof seen.contact === 'string') return true
    }
    return false
  }

  #linked(connection: BleConnection): void {
    const { onlink, logger, clock } = this.#options
    const { side, contact, ids, stream } = connection
    logger.debug('ble.link', { side, known: contact !== null })
    this.#changedAt = clock.monotonic()
    this.#dialler.linked(ids)
    this.#duty.choose()
    try {
      onlink(stream, side === 'dialler', contact)
    } catch (error) {
      logger.error('ble.link', { code: errorCode(error) })
      stream.destroy()
    }
  }

  #ended(connection: BleConnection): void {
    if (this.#closed) return
    const { clock, random, logger } = this.#options
    const now = clock.monotonic()
    const swapped = connection === this.#swapping && this.#sightings.of(connection.ids)
    if (connection.linked) {
      const { side, gaveWay, since } = connection
      logger.debug('ble.unlink', { side, gaveWay })
      this.#changedAt = now
      for (const name of namesOf(connection))
        if (!gaveWay) this.#shortLinks.ended(name, now - since, now, random.float())
      for (const seen of this.#sightings.all()) {
        if (!isOf(connection, seen)) continue
        seen.wantedSince = now
        seen.notBefore = gaveWay ? now + this.#limits().turn / 2 : now
      }
      if (!connection.gaveWay) this.#lookAround()
    }
    if (swapped) this.#dialler.dial(swapped)
    this.#duty.choose()
    this.#dialler.look()
  }

  #looking(): boolean {
    const { radio } = this.#options
    if (this.#closed || radio.status.state !== 'on') return false
    if (radio.abilities.bothRoles) return true
    if (this.#connections.count('acceptor') > 0) return false
    return this.#duty.looks || this.#connections.count('dialler') > 0
  }

  /** Whom nobody else can hear as its places are taken dials that peer itself: then it is heard again. */
  #swap(now: number): void {
    const { abilities } = this.#options.radio
    if (this.#swapping || this.#dialler.dialling) return
    this.#swapping = chooseSwap(this.#connections.slots, abilities, now, ({ ids }) => {
      const seen = this.#sightings.of(ids)
      return seen ? now - seen.seen : Infinity
    })
    if (this.#swapping) this.#connections.end(this.#swapping)
  }

  #dutyFacts(): ReturnType<DutyKeeperOptions['facts']> {
    return {
      power: this.#options.power(),
      inbound: this.#connections.count('acceptor'),
      outbound: this.#connections.count('dialler') + (this.#dialler.dialling ? 1 : 0),
      seekUntil: this.#seekUntil,
      changedAt: this.#changedAt,
      hidden: this.#swapping !== undefined,
      busy: this.#connections.slots.some((slot) => slot.linked && slot.busy),
    }
  }
}

/** The advertiser was the device at the other end. */
function isOf({ ids, contact }: BleConnection, seen: Seen): boolean {
  return ids.has(seen.id) || (contact !== null && contact === seen.contact)
}

/** What its short links are counted by: a known device under all its identifiers. */
function namesOf({ ids, contact }: BleConnection): readonly string[] {
  return contact === null ? [...ids] : [contact]
}
