import type Protomux from 'protomux'
import type { Channel, Message } from 'protomux'
import type { Clock } from '../clock.ts'
import type { Circuits } from '../circuit/circuits.ts'
import type { Connection } from '../connection/connection.ts'
import type { Registered } from '../connection/connection-registry.ts'
import { HISTORY } from '../connection/urgency.ts'
import type { FileLink } from '../files/swarm/file-link.ts'
import type { Swarm } from '../files/swarm/swarm.ts'
import type { Logger } from '../logger.ts'
import type { MirrorExchange } from '../mirror/exchange/mirror-exchange.ts'
import type { MirrorLink } from '../mirror/exchange/mirror-link.ts'
import type { RemoteNode } from '../mirror/exchange/shared-copy.ts'
import type { Random } from '../random.ts'
import type { Room } from '../room/room.ts'
import { BulkClient } from '../replication/bulk-client.ts'
import type { Acquaintance } from './acquaintance-choice.ts'
import type { Meeting } from './meeting.ts'
import { Meetings } from './meetings.ts'
import { MAX_ROOMS, sessionMessages, SESSION_PROTOCOL } from './messages.ts'
import type {
  BulkBlocks,
  BulkEnd,
  BulkRequest,
  MeetMessage,
  RecogniseMessage,
  SessionSenders,
} from './messages.ts'
import type { Recognition } from '../recognition/recognition.ts'
import { RecognitionLink } from './recognition-link.ts'
import { RoomLink } from './room-link.ts'
import { paddedTags, roomTag } from './room-tags.ts'

/** People who wrote so few ms ago are taken to be writing. */
const TALKING = 2_000
/** A tick may come a little early. */
const TOLERANCE = 100
/** Messages a peer that shares no room may send before it is dropped. */
const STRANGER_BUDGET = 64
/** Messages of one that knows a room and is no member of it, at once and each second: it waits to be let in. */
const GUEST_BUDGET = 512
const GUEST_RATE = 4

export interface SessionOptions {
  readonly connection: Connection
  readonly rooms: () => Iterable<Room>
  /** What else there is to have in common. */
  readonly meetings: () => Iterable<Meeting>
  /** Exchanges files with the peer. */
  readonly swarm: Swarm
  /** Exchanges mirrors with the peer. */
  readonly mirrors: MirrorExchange
  /** Tells members' devices how to recognise this one. */
  readonly recognition: Recognition
  /** Lets members' circuits end here and go through here. */
  readonly circuits: Circuits
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The rooms in common, or who the peer is, changed. */
  readonly onchange: () => void
}

/**
 * What two devices do over one connection: find the rooms that they have in common without telling any
 * others, prove who they are to those alone, and replicate them.
 */
export class Session implements Registered {
  readonly connection: Connection
  readonly #options: SessionOptions
  readonly #channel: Channel
  readonly #send: SessionSenders
  readonly #bulk: BulkClient
  readonly #meetings: Meetings
  readonly #recognition: RecognitionLink
  readonly #files: FileLink
  readonly #mirrors: MirrorLink
  /** Rooms in common, by the initiator's tag (hex). */
  readonly #links = new Map<string, RoomLink>()
  #remoteTags = new Set<string>()
  readonly #since: number
  #budget = STRANGER_BUDGET
  #wroteAt: number
  #retired = false

  constructor(options: SessionOptions) {
    this.#options = options
    this.connection = options.connection
    this.#since = this.#wroteAt = options.clock.monotonic()
    const channel = this.connection.mux.createChannel({
      protocol: SESSION_PROTOCOL,
      onclose: () => this.connection.close('the peer closed the session'),
    })
    if (!channel) throw new Error('a fresh connection has no session channel')
    this.#channel = channel
    this.connection.rank(SESSION_PROTOCOL, sessionMessages, {
      bulkBlocks: HISTORY,
      bulkEnd: HISTORY,
    })
    this.#send = this.#declare()
    const request = (one: BulkRequest): unknown => this.#send.bulkRequest.send(one)
    this.#bulk = new BulkClient(request, { ...options, narrow: this.connection.narrow })
    this.#meetings = new Meetings({
      ...options,
      send: (tag, data) => this.#send.meet.send({ tag, data }),
      onmet: () => this.roomsChanged(),
    })
    this.#recognition = new RecognitionLink({
      recognition: options.recognition,
      send: (key) => this.#send.recognise.send({ key }),
    })
    channel.open()
    this.#files = options.swarm.link({
      connection: this.connection,
      rooms: () => [...this.#links.values(), ...this.#mirrors.rooms()],
      yields: () => this.#sending,
      talks: () => this.#talks(),
      onbytes: () => this.#mirrors.passed(),
    }) as FileLink
    this.#mirrors = options.mirrors.link({
      connection: this.connection,
      paired: () => [...this.#links.values()].some((link) => link.member),
      onrooms: () => this.#files.update(),
    })
    options.circuits.link(this.connection)
    this.connection.on('tick', () => {
      // Silence must mean a fault, so an idle session says a word now and then.
      const now = options.clock.monotonic()
      if (now - this.#wroteAt >= this.connection.pace.ping - TOLERANCE) {
        this.#wroteAt = now
        this.#send.ping.send({})
      }
      if (!this.stranger) this.#budget = Math.min(GUEST_BUDGET, this.#budget + GUEST_RATE)
    })
    this.connection.once('close', () => this.#close())
    this.roomsChanged()
  }

  get mux(): Protomux {
    return this.connection.mux
  }

  get remoteKey(): Buffer {
    return this.connection.remoteKey
  }

  get cost(): number {
    return this.connection.cost
  }

  get silent(): boolean {
    return this.connection.silent
  }

  get closed(): boolean {
    return this.connection.closed
  }

  get links(): Iterable<RoomLink> {
    return this.#links.values()
  }

  /** The peer's device (hex), while it is a member of a room; else null. */
  get device(): string | null {
    return [...this.#links.values()].find((link) => link.member)?.device ?? null
  }

  /** Who the peer is as a node that offers space, once it proved that. */
  get node(): RemoteNode | null {
    return this.#mirrors.node
  }

  /** True while nothing in common was found. */
  get stranger(): boolean {
    return !this.#common && !this.#mirrors.known
  }

  /** What it is to mirrors that are in common with this device, or offered, while there is nothing else; else null. */
  get acquaintance(): Acquaintance | null {
    if (this.#common || !this.#mirrors.known) return null
    const { matching, address, activeAt } = this.#mirrors
    const age = this.#options.clock.monotonic() - this.#since
    return { matching, address, activeAt, age }
  }

  /** True while the peer is a member of no room here: it may be about to become one, or hold an invite and no more. */
  get guest(): boolean {
    return this.#common && this.connection.standing !== 'member'
  }

  /** True once the peer proved that it is who a meeting is for. */
  get met(): boolean {
    return this.#meetings.met
  }

  /** True while the peer may be let into a room by what it brings. */
  get awaited(): boolean {
    return [...this.#links.values()].some((link) => link.awaited)
  }

  /** Tells the peer that another connection took over, and ends this one. */
  retire(): void {
    if (this.#retired) return
    this.#retired = true
    this.#send.retire.send({})
    this.connection.end('another connection to the peer took over')
  }

  /** Sends the tags of our rooms anew, after one was joined, and drops the links of rooms that were left. */
  roomsChanged(): void {
    const { handshakeHash, initiator } = this.connection
    const tags = this.#meetings.tags()
    const rooms = new Set<Room>()
    for (const room of this.#options.rooms()) {
      if (tags.length >= MAX_ROOMS) break
      tags.push(roomTag(room.matchKey, handshakeHash, initiator))
      rooms.add(room)
    }
    for (const [tag, link] of this.#links) {
      if (rooms.has(link.room)) continue
      link.close()
      this.#links.delete(tag)
    }
    this.#recognise()
    this.#send.rooms.send({ tags: paddedTags(tags, this.#options.random) })
    this.#meetings.knock()
    this.#wroteAt = this.#options.clock.monotonic()
    this.#match()
  }

  /** Rooms or meetings are in common. */
  get #common(): boolean {
    return this.#links.size > 0 || this.#meetings.size > 0
  }

  #onchange(): void {
    this.#recognise()
    this.#files.update()
    this.#mirrors.update()
    this.#options.onchange()
  }

  #recognise(): void {
    this.#recognition.member(this.device)
  }

  /** Text is under way, which goes before files. */
  get #sending(): boolean {
    return this.#mirrors.sending || [...this.#links.values()].some((link) => link.sending)
  }

  #talks(): boolean {
    const since = this.#options.clock.monotonic() - TALKING
    return [...this.#links.values()].some(({ talkedAt }) => talkedAt > since)
  }

  #match(): void {
    const { handshakeHash, initiator } = this.connection
    // A room that the peer left and comes back to begins anew on both ends.
    for (const [tag, link] of this.#links) {
      const theirs = roomTag(link.room.matchKey, handshakeHash, !initiator)
      if (this.#remoteTags.has(theirs.toString('hex'))) continue
      link.close()
      this.#links.delete(tag)
    }
    this.#meetings.match(this.#remoteTags)
    for (const room of this.#options.rooms()) {
      const theirs = roomTag(room.matchKey, handshakeHash, !initiator)
      if (!this.#remoteTags.has(theirs.toString('hex'))) continue
      const tag = initiator ? roomTag(room.matchKey, handshakeHash, true) : theirs
      const hex = tag.toString('hex')
      if (this.#links.has(hex)) continue
      if (!this.#common) this.#budget = GUEST_BUDGET
      this.#links.set(
        hex,
        new RoomLink({
          room,
          tag,
          connection: this.connection,
          send: this.#send,
          bulk: this.#bulk,
          clock: this.#options.clock,
          logger: this.#options.logger,
          onchange: () => this.#onchange(),
        }),
      )
    }
    this.#files.update()
  }

  #close(): void {
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
    this.#meetings.close()
    this.#recognition.close()
    this.#bulk.close()
    this.#options.onchange()
  }

  /** Declares the messages in their order; each handler is bounded by its codec and cannot throw. */
  #declare(): SessionSenders {
    const add = <T>(
      name: keyof typeof sessionMessages,
      onmessage: (value: T) => void,
    ): Message<T> =>
      this.#channel.addMessage<T>({
        encoding: sessionMessages[name] as never,
        onmessage: (value) => {
          // Two honest neighbours without a room in common ping each other for days.
          if (name !== 'ping' && this.connection.standing !== 'member' && --this.#budget < 0) {
            return this.connection.close('one that is no member sent too much')
          }
          onmessage(value)
        },
      })
    const linked =
      <T extends { tag: Buffer }>(handle: (link: RoomLink, value: T) => void) =>
      (value: T): void => {
        const link = this.#links.get(value.tag.toString('hex'))
        if (link) handle(link, value)
      }
    return {
      rooms: add('rooms', (message: { tags: Buffer[] }) => {
        this.#remoteTags = new Set(message.tags.map((tag) => tag.toString('hex')))
        this.#match()
      }),
      prove: add(
        'prove',
        linked((link, m) => link.onprove(m)),
      ),
      control: add(
        'control',
        linked((link, m) => link.oncontrol(m)),
      ),
      have: add(
        'have',
        linked((link, m) => link.onhave(m)),
      ),
      bulkRequest: add(
        'bulkRequest',
        linked((link, m) => link.onbulkRequest(m)),
      ),
      bulkBlocks: add('bulkBlocks', (m: BulkBlocks) => this.#bulk.onblocks(m)),
      bulkEnd: add('bulkEnd', (m: BulkEnd) => this.#bulk.onend(m)),
      refuse: add(
        'refuse',
        linked((link, m) => link.onrefuse(m)),
      ),
      ping: add('ping', () => {}),
      retire: add('retire', () => this.connection.end('another connection to the peer took over')),
      meet: add('meet', (m: MeetMessage) => this.#meetings.onword(m.tag, m.data)),
      lacks: add(
        'lacks',
        linked((link, m) => link.onlacks(m)),
      ),
      recognise: add('recognise', ({ key }: RecogniseMessage) => this.#recognition.heard(key)),
    } as SessionSenders
  }
}
