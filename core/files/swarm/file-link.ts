import type { Channel, Message } from 'protomux'
import type { Clock } from '../../clock.ts'
import type { Connection } from '../../connection/connection.ts'
import { BULK, OTHERS } from '../../connection/urgency.ts'
import type { Logger } from '../../logger.ts'
import type { Held } from '../held.ts'
import { ChunkClient } from './chunk-client.ts'
import type { Want } from './chunk-client.ts'
import { ChunkServer } from './chunk-server.ts'
import { fileMessages, FILES_PROTOCOL, MAX_ROOTS } from './messages.ts'
import type { FileSenders, Refused, WantMessage } from './messages.ts'
import { PeerNews } from './peer-news.ts'
import { RemoteItems } from './remote-items.ts'
import type { Interest, RemoteItem } from './remote-items.ts'
import { restAfter } from './stall.ts'
import { Teller } from './teller.ts'

/** Messages at once, and more each second, that nobody asked for, or of rooms in which the peer is no member. */
const BUDGET = 512
const BUDGET_RATE = 16
/** How long all that a peer is asked about stays, while there is more to ask. */
const TURN = 10_000
/** What a peer that is no member may say for each so many bytes of pieces: what it wants, and how much it takes. */
const PIECES_PER_WORD = 1024
const BYTES_PER_WORD_BYTE = 64
/** What pieces take on the way beside their bytes, as a share of these and at least. */
const WRAPPING = 1 / 8
const LEAST_WRAPPING = 256
/** What waits over a narrow link; what a peer asks for does not. */
const URGENCIES = { has: OTHERS, gained: OTHERS, piece: BULK, refuse: BULK } as const
/** What a source is taken to send a second before it sent anything. */
const UNKNOWN_RATE = 1_000_000

/** A room that both ends of a session are in, as far as files go. */
export interface SharedRoom {
  /** The initiator's tag in this session. */
  readonly tag: Buffer
  readonly roomId: string
  /** The peer's device (hex), once it is known. */
  readonly device: string | null
  /** True once the peer is known as a member. */
  readonly member: boolean
  /** True for a peer that may have what is here, and is asked for nothing. */
  readonly takesOnly?: boolean
}

/** What a session tells about itself. */
export interface FileLinkOptions {
  readonly connection: Connection
  readonly rooms: () => Iterable<SharedRoom>
  /** True while text is being sent that must not wait behind files. */
  readonly yields: () => boolean
  /** True while people are writing over this link. */
  readonly talks: () => boolean
  /** Some of an item came or went. */
  readonly onbytes?: () => void
}

/** What all links of this device share. */
export interface FileLinkHost<Taker> {
  readonly clock: Clock
  readonly logger: Logger
  held(roomId: string, root: string): Held | null
  /** True for a device that sent wrong bytes lately. */
  banned(device: string): boolean
  /** What the peer is to be asked about, by root. `turn`: what it has answered may give way to other things. */
  interests(link: FileLink<Taker>, turn: boolean): ReadonlyMap<string, Interest>
  /** What the peer has of a root is known, changed or ended. */
  onremote(link: FileLink<Taker>, root: string): void
  onbytes(link: FileLink<Taker>, want: Want<Taker>, bytes: number): void
  onwhole(link: FileLink<Taker>, want: Want<Taker>): void
  onrefused(link: FileLink<Taker>, want: Want<Taker>, reason: Refused): void
  /** A second passed. */
  ontick(link: FileLink<Taker>): void
  onclose(link: FileLink<Taker>): void
}

/** The exchange of items over one session: what each end has, wants and sends. */
export class FileLink<Taker = unknown> {
  readonly client: ChunkClient<Taker>
  readonly #connection: Connection
  readonly #options: FileLinkOptions
  readonly #host: FileLinkHost<Taker>
  readonly #channel: Channel
  readonly #items: RemoteItems
  readonly #teller: Teller
  readonly #server: ChunkServer
  #rooms = new Map<string, SharedRoom>()
  #budget = BUDGET
  #following = false
  #turnAt = -Infinity
  readonly #news: PeerNews
  #stalls = 0
  #restsUntil = 0
  #bad = false

  constructor(options: FileLinkOptions, host: FileLinkHost<Taker>) {
    const { connection } = options
    const { clock, logger } = host
    this.#options = options
    this.#host = host
    this.#connection = connection
    const channel = connection.mux.createChannel({ protocol: FILES_PROTOCOL })
    if (!channel) throw new Error('a fresh connection has no channel for files')
    this.#channel = channel
    this.#news = new PeerNews(clock, (root) => host.onremote(this, root))
    connection.rank(FILES_PROTOCOL, fileMessages, URGENCIES)
    const send = this.#declare()
    this.#items = new RemoteItems(send, clock)
    this.#teller = new Teller({
      connection,
      send,
      clock,
      held: (tag, root) => this.#held(tag, root),
      member: (tag) => this.#rooms.get(tag)?.member ?? false,
    })
    this.#server = new ChunkServer({
      connection,
      send,
      clock,
      logger,
      yields: options.yields,
      onsent: (bytes) => this.#onsent(bytes),
    })
    this.client = new ChunkClient<Taker>({
      send,
      clock,
      source: this,
      talks: options.talks,
      // Of one that is no member, nothing else is let in.
      ongrant: (bytes) => connection.expect(Math.ceil(bytes * (1 + WRAPPING)) + LEAST_WRAPPING),
      onbytes: (want, bytes) => this.#onbytes(want, bytes),
      onwhole: (want) => host.onwhole(this, want),
      onrefused: (want, reason) => host.onrefused(this, want, reason),
    })
    channel.open()
    connection.on('tick', () => {
      this.#budget = Math.min(BUDGET, this.#budget + BUDGET_RATE)
      if (this.#isTurn()) this.follow()
      host.ontick(this)
    })
    connection.once('close', () => {
      this.#teller.close()
      this.#server.close()
      this.#news.close()
      host.onclose(this)
    })
  }

  get transport(): string {
    return this.#connection.transport
  }

  /** The peer's device (hex), in one of the rooms. */
  get device(): string | null {
    for (const { member, device } of this.#rooms.values()) if (member) return device
    return null
  }

  /** The rooms in which the peer is a member, and can be asked. */
  *rooms(): Generator<SharedRoom> {
    for (const room of this.#rooms.values()) if (room.member && !room.takesOnly) yield room
  }

  /** The peer's devices (hex) in these rooms. */
  devicesIn(rooms: readonly string[]): string[] {
    return [...this.rooms()].flatMap(({ roomId, device }) =>
      device !== null && rooms.includes(roomId) ? [device] : [],
    )
  }

  /** What the peer has of a root. */
  item(root: string): RemoteItem | undefined {
    return this.#items.get(root)
  }

  /** True when it told of a root, and others were asked about since. */
  rested(root: string): boolean {
    return this.#items.rested(root)
  }

  /** True when the peer has some of a root, and can be trusted. */
  offers(root: string): boolean {
    const item = this.#items.get(root)
    if (item?.kind !== 'all' && (item?.kind !== 'some' || item.bits?.count === 0)) return false
    return this.device !== null && !this.bad
  }

  /** True once it sent what is not what a manifest says, or its device did before: it is asked for nothing. */
  get bad(): boolean {
    if (this.#bad) return true
    const { device } = this
    return device !== null && this.#host.banned(device)
  }

  /** What the peer was asked about. */
  roots(): string[] {
    return [...this.#items].map(([root]) => root)
  }

  /** False also while it is left alone because it stalled. */
  get usable(): boolean {
    return this.#restsUntil <= this.#host.clock.monotonic() && !this.bad
  }

  /** It sent wrong bytes. */
  distrust(): void {
    this.#bad = true
  }

  /** It owed us bytes for too long: it is left alone for a while. */
  stalled(): void {
    this.rest(restAfter(++this.#stalls))
  }

  /** It is asked for nothing for so many ms. */
  rest(ms: number): void {
    this.#restsUntil = this.#host.clock.monotonic() + ms
  }

  /** Milliseconds until so many bytes will have come from it, if it goes on as before. */
  takes(bytes: number): number {
    return (bytes * 1_000) / (this.client.rate || UNKNOWN_RATE) + this.client.silence
  }

  /** Rooms, or who is a member of them, changed. */
  update(): void {
    if (this.#connection.closed) return
    const rooms = [...this.#options.rooms()]
    const tags = new Map(rooms.map((room) => [room.tag.toString('hex'), room]))
    for (const tag of this.#rooms.keys()) if (!tags.has(tag)) this.#teller.leave(tag)
    this.#rooms = tags
    this.#teller.renew(null)
    this.follow()
  }

  /** What is held of a root began or ended. */
  renew(root: string): void {
    this.#teller.renew(root)
  }

  /** What the peer is to be asked about may have changed. */
  follow(): void {
    if (this.#following) return
    this.#following = true
    queueMicrotask(() => {
      this.#following = false
      if (this.#connection.closed) return
      const turn = this.#isTurn()
      if (turn) this.#turnAt = this.#host.clock.monotonic()
      for (const root of this.#items.follow(this.#host.interests(this, turn))) {
        this.#host.onremote(this, root)
      }
    })
  }

  #isTurn(): boolean {
    const crowded = this.#items.size >= MAX_ROOTS
    return crowded && this.#host.clock.monotonic() - this.#turnAt >= TURN
  }

  #held(tag: string, root: string): Held | null {
    const room = this.#rooms.get(tag)
    return room?.member ? this.#host.held(room.roomId, root) : null
  }

  #onsent(bytes: number): void {
    this.#credit(bytes)
    this.#connection.allow(Math.ceil(bytes / BYTES_PER_WORD_BYTE))
    this.#options.onbytes?.()
  }

  #credit(bytes: number): void {
    this.#budget = Math.min(BUDGET, this.#budget + bytes / PIECES_PER_WORD)
  }

  #onbytes(want: Want<Taker>, bytes: number): void {
    this.#credit(bytes)
    this.#options.onbytes?.()
    this.#stalls = 0
    this.#restsUntil = 0
    this.#host.onbytes(this, want, bytes)
  }

  #onwant({ id, tag, root, what, index, offset }: WantMessage): boolean {
    const held = (): Held | null => this.#held(tag.toString('hex'), root.toString('hex'))
    return this.#server.want({ id, held, what, index, offset })
  }

  #onremote(item: RemoteItem | 'malformed' | null): boolean {
    if (item === 'malformed') return false
    if (item) this.#news.note(item.root.toString('hex'))
    else this.#spend()
    return true
  }

  #spend(): void {
    if (--this.#budget < 0) this.#connection.close('the peer said too much of files')
  }

  /** Declares the messages in their order; each handler is bounded by its codec and cannot throw. */
  #declare(): FileSenders {
    /** `handle` is false for what an honest peer never sends. */
    const add = <T>(name: keyof typeof fileMessages, handle: (value: T) => boolean): Message<T> =>
      this.#channel.addMessage<T>({
        encoding: fileMessages[name] as never,
        onmessage: (value) => {
          // Pieces that nobody asked for are refused, and others were granted.
          if (this.#connection.standing !== 'member' && name !== 'piece') this.#spend()
          if (!handle(value)) this.#connection.close(`the peer broke the rules for files: ${name}`)
        },
      })
    const known = <T extends { tag: Buffer }>(handle: (value: T) => boolean | void) => {
      return (value: T): boolean => {
        if (this.#rooms.has(value.tag.toString('hex'))) return handle(value) ?? true
        this.#spend()
        return true
      }
    }
    return {
      ask: add(
        'ask',
        known((m) => this.#teller.ask(m)),
      ),
      has: add('has', (m) => this.#onremote(this.#items.onhas(m))),
      gained: add('gained', (m) => this.#onremote(this.#items.ongained(m))),
      forget: add(
        'forget',
        known((m) => this.#teller.forget(m)),
      ),
      want: add('want', (m: WantMessage) => this.#onwant(m)),
      grant: add('grant', ({ limit }: { limit: number }) => this.#server.grant(limit)),
      piece: add('piece', (m) => this.client.piece(m)),
      refuse: add('refuse', (m) => this.client.refuse(m)),
      cancel: add('cancel', ({ ids }: { ids: number[] }) => {
        this.#server.cancel(ids)
        return true
      }),
    } as FileSenders
  }
}
