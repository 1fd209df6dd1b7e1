import { resolve, sep } from 'node:path'
import type { KeyPair } from 'hypercore'
import type { Clock } from '../clock.ts'
import type { TransportManager } from '../connection/transport-manager.ts'
import { MAX_MIRRORS } from '../control/mirror-book.ts'
import { mayEndMirror, mayMirror } from '../control/roles.ts'
import { keyPairFromSeed } from '../crypto/sign.ts'
import type { DiskGuard } from '../durability/disk-guard.ts'
import { PorchlightError } from '../errors.ts'
import type { Files } from '../files/files.ts'
import type { Held } from '../files/held.ts'
import type { ItemStore } from '../files/store/item-store.ts'
import type { Swarm } from '../files/swarm/swarm.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { Logger } from '../logger.ts'
import type { Random } from '../random.ts'
import type { Room } from '../room/room.ts'
import { roomId } from '../room/room.ts'
import type { RoomRecord } from '../room/room-record.ts'
import { notAllowed } from '../room/room-words.ts'
import type {
  CarryProgress,
  CarryReport,
  HeldView,
  MirrorsApi,
  MirrorView,
  NodeView,
  SharingSettings,
} from './api.ts'
import { RoomSources } from './carry/room-sources.ts'
import { Sprayer } from './carry/sprayer.ts'
import type { SpraySource } from './carry/sprayer.ts'
import { SPRAY } from './carry/spray.ts'
import type { SprayLimits } from './carry/spray.ts'
import type { Carrying } from './exchange/carrying.ts'
import { MirrorExchange } from './exchange/mirror-exchange.ts'
import type { ParcelsMessage } from './exchange/messages.ts'
import type { MirrorLink } from './exchange/mirror-link.ts'
import type { SharedCopy } from './exchange/shared-copy.ts'
import { MemberAgent } from './member/agent.ts'

import { Farewells } from './member/farewells.ts'
import { NodeBook } from './member/node-book.ts'
import { resolveNode } from './member/node-name.ts'
import { NodeTopics } from './member/node-topics.ts'
import { RoomCopies } from './member/room-copies.ts'
import type { SavedMirrors } from './member/saved-mirrors.ts'
import type { Placement } from './member/placement.ts'
import { changeSharing, DEFAULT_SHARING, relaysInternet } from './member/sharing-settings.ts'
import { mirrorKeys } from './mirror-keys.ts'
import { RoomItems } from './member/room-items.ts'
import { RoomCopy } from './room-copy.ts'
import { Space } from './space/space.ts'
import { exchangeWithDirectory } from './usb/exchange-with-directory.ts'

/** What mirrors need of the engine. */
export interface MirrorsOptions {
  /** The data directory. */
  readonly dir: string
  readonly keys: () => DeviceKeys
  /** This person's nickname: what a node calls itself. */
  readonly name: () => string
  /** Rooms that are for people. */
  readonly rooms: () => Iterable<Room>
  /** One of them. Errors: `NOT_FOUND`. */
  readonly room: (id: string) => Room
  /** Rooms that this device left. */
  readonly left: () => readonly RoomRecord[]
  /** Part of the state file, and how that is written. */
  readonly saved: () => SavedMirrors
  readonly save: () => Promise<void>
  /** Before a small entry is written. Errors: `CLOSED`, `DISK_FULL`. */
  readonly ready: () => Promise<void>
  readonly transports: () => TransportManager
  readonly files: () => Pick<Files, 'held' | 'brought'>
  readonly guard: () => DiskGuard
  readonly swarm: Swarm
  /** Opens the items that are kept for others, in a directory of this name. Errors: those of the disk. */
  readonly openItems: (name: string) => Promise<ItemStore>
  /** True for an item (root in hex) that this device's own people have. */
  readonly ownItem: (root: string) => boolean
  /** How what is new is carried; default SPRAY. */
  readonly spray?: SprayLimits
  /** Nodes, mirrors or what this device does for others changed. */
  readonly onchange: () => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Mirrors of this device's rooms at others, and of others' at this device. */
export class Mirrors implements MirrorsApi {
  /** What sessions exchange. */
  readonly exchange: MirrorExchange
  readonly #options: MirrorsOptions
  readonly #space: Space
  readonly #copies: RoomCopies
  readonly #news: RoomSources
  #sprayer: Sprayer | null = null
  readonly #book: NodeBook
  readonly #agent: MemberAgent
  readonly #topics: NodeTopics
  readonly #abort = new AbortController()
  #carrying: Promise<unknown> = Promise.resolve()
  #relays = ''
  #relay = ''
  #following = false
  #begun = false

  constructor(options: MirrorsOptions) {
    this.#options = options
    const { saved, clock } = options
    const rooms = (): RoomCopies => this.#copies
    const links = (): Iterable<MirrorLink> => this.exchange.links()
    const farewells = new Farewells({
      saved,
      clock,
      mirrorKey: (room) => this.#mirrorKey(room),
      depositor: (node) => this.#depositor(node),
    })
    this.#copies = new RoomCopies({
      ...options,
      farewells,
      copyOf: (room) => new RoomCopy(room, options),
    })
    const limits = options.spray ?? SPRAY
    this.#news = new RoomSources({ ...options, limits, rooms: () => this.#copies.carried() })
    this.#space = new Space({
      ...options,
      spray: limits,
      settings: () => this.settings,
      keyPair: () => options.keys().device,
      relayKey: () => options.transports().relayKey,
      links,
      onchange: () => this.#onspace(),
      onitems: (copy) => this.exchange.touch(copy),
    })
    this.exchange = new MirrorExchange({
      ...options,
      copies: () => this.#shared(),
      node: () => this.#space.offer,
      keeper: () => this.#space.keeper,
      carrying: () => this.#carryingFor,
    })
    const self = options.keys().device.publicKey.toString('hex')
    this.#book = new NodeBook({ links, rooms, saved, clock })
    this.#topics = new NodeTopics({
      self,
      rooms,
      offers: () => this.#space.offers,
      join: (topic, announce) => options.transports().join(topic, announce),
      leave: (topic) => options.transports().leave(topic),
    })
    this.#agent = new MemberAgent({
      ...options,
      self,
      rooms,
      links,
      farewells,
      depositor: (node) => this.#depositor(node),
    })
    this.#listen()
  }

  /** The rooms are open: begins. */
  async begin(): Promise<void> {
    this.#begun = true
    await this.#space.follow()
    if (this.#copies.follow()) this.exchange.changed()
    this.#news.begin(this.#options.clock.now())
    this.#sprayer = this.#makeSprayer()
    this.#apply()
  }

  /** A room is open, since the start or from now on. */
  opened(room: Room): void {
    const follow = (): void => this.follow()
    room.on('state', follow)
    this.follow()
  }

  /** A room is left. */
  left(room: Room): void {
    this.#agent.left(room.id)
    this.follow()
  }

  /** Rooms, or what they name, are others than before. */
  follow(): void {
    if (this.#following || !this.#begun) return
    this.#following = true
    queueMicrotask(() => {
      this.#following = false
      if (this.#begun) this.#follow()
    })
  }

  #follow(): void {
    if (this.#copies.follow()) this.exchange.changed()
    this.#agent.follow()
    this.#topics.follow()
    this.#useRelays()
  }

  /** A node says what it is called. */
  renamed(): void {
    if (this.#begun) this.exchange.changed()
  }

  /** A transport changed: this device may be a relay now, or none any more. */
  transportsChanged(): void {
    const relay = this.#options.transports().relayKey?.toString('hex') ?? ''
    if (relay === this.#relay || !this.#begun) return
    this.#relay = relay
    this.exchange.changed()
  }

  nodes(): NodeView[] {
    return this.#book.all().map(({ id, name, link, rooms }) => ({
      id,
      name,
      transport: link?.transport ?? null,
      free: link?.node?.free ?? 0,
      relays: link ? link.node?.relay !== null : this.#book.relayOf(id) !== null,
      paired: link?.paired ?? false,
      rooms,
    }))
  }

  list(room?: string): MirrorView[] {
    const rooms = room === undefined ? [...this.#options.rooms()] : [this.#options.room(room)]
    return rooms.flatMap(({ id, control }) =>
      [...control.state.mirrors].map(([node, { by }]) => this.#view(id, node, by)),
    )
  }

  async add(id: string, text: string): Promise<MirrorView> {
    const { room: find, ready, clock } = this.#options
    const room = find(id)
    room.membership.checkIn()
    const { role, person } = room.membership
    if (!mayMirror(role)) throw notAllowed(role, 'have it held by a node', 'a member')
    const node = resolveNode(text, this.#book.all())
    if (node === this.#self) {
      throw new PorchlightError(
        'BAD_REQUEST',
        'This device is in the room and holds it already. Nothing was changed; name another node.',
      )
    }
    const { mirrors } = room.control.state
    const known = mirrors.get(node)
    if (known) return this.#view(id, node, known.by)
    if (mirrors.size >= MAX_MIRRORS) {
      throw new PorchlightError(
        'BAD_REQUEST',
        `A room is held by at most ${MAX_MIRRORS} nodes. Nothing was changed; take one of them back first.`,
      )
    }
    await ready()
    await room.control.append({
      type: 'mirror',
      node: Buffer.from(node, 'hex'),
      relay: this.#book.relayOf(node),
      name: this.#book.nameOf(node).slice(0, 16),
      at: clock.now(),
      on: 1,
    })
    return this.#view(id, node, person)
  }

  async remove(id: string, text: string): Promise<void> {
    const room = this.#options.room(id)
    const { mirrors } = room.control.state
    room.membership.checkIn()
    const named = [...mirrors.keys()].map((node) => ({ id: node, name: this.#book.nameOf(node) }))
    const node = resolveNode(text, named)
    const entry = mirrors.get(node)
    if (!entry) {
      throw new PorchlightError(
        'NOT_FOUND',
        `The room is not held by a node ${node.slice(0, 12)}. Look at the list of those that hold it.`,
      )
    }
    const { role, person } = room.membership
    if (!mayEndMirror(role, entry.by === person)) {
      const who = 'who added it, or a moderator or admin,'
      throw notAllowed(role, 'take back that a node holds it', who)
    }
    await this.#options.ready()
    await room.control.append({
      type: 'mirror',
      node: Buffer.from(node, 'hex'),
      relay: null,
      name: '',
      at: this.#options.clock.now(),
      on: 0,
    })
  }

  /** What is here of an item (root in hex) that is kept for others, by the name that files know its mirror by. */
  heldItem(roomId: string, root: string): Held | null {
    return this.#space.heldItem(roomId, root)
  }

  held(): HeldView {
    return this.#space.held()
  }

  async drop(what: 'carried' | 'all'): Promise<void> {
    await this.#space.drop(what)
    this.#options.onchange()
  }

  get settings(): SharingSettings {
    return { ...DEFAULT_SHARING, ...this.#options.saved().sharing }
  }

  async setSettings(change: Partial<SharingSettings>): Promise<SharingSettings> {
    const { saved, save, onchange } = this.#options
    const settings = changeSharing(this.settings, change)
    saved().sharing = settings
    await save()
    if (this.#begun) {
      await this.#space.follow()
      this.#apply()
    }
    onchange()
    return settings
  }

  async carry(
    dir: string,
    options: { onprogress?: (progress: CarryProgress) => void; signal?: AbortSignal } = {},
  ): Promise<CarryReport> {
    await this.#options.ready()
    const home = resolve(this.#options.dir)
    if (`${resolve(dir)}${sep}`.startsWith(`${home}${sep}`)) throw ownDirectory(dir)
    // Copies of a room must not be taken in twice at a time, and the medium has a lock of its own.
    const { signal } = options
    const exchange = this.#carrying.then(() => {
      const ended = this.#abort.signal
      return exchangeWithDirectory({
        dir,
        rooms: this.#copies.copies(),
        mirrors: this.#space.exchanged(),
        items: new RoomItems({
          ...this.#options,
          roomOf: (id) => this.#copies.roomOf(id),
          space: this.#space,
        }),
        logger: this.#options.logger,
        ...options,
        signal: signal ? AbortSignal.any([signal, ended]) : ended,
      })
    })
    this.#carrying = exchange.catch(() => {})
    return exchange
  }

  /** Nodes (hex) of a room that are best to reach first: those that hold all of it, then those in reach. */
  best(room: string): string[] {
    const rank = ({ state }: MirrorView): number =>
      ['stored', 'storing', 'away', 'refused'].indexOf(state)
    return this.list(room)
      .toSorted((a, b) => rank(a) - rank(b))
      .map(({ node }) => node)
  }

  /** Nothing is asked of nodes any more, and nothing said in sessions. */
  async stop(): Promise<void> {
    this.#begun = false
    this.#abort.abort(new PorchlightError('CLOSED', 'Porchlight is stopping.'))
    await this.#carrying
    this.#agent.close()
    this.#sprayer?.close()
    this.exchange.close()
  }

  /** Closes what is held for others, once all sessions are over. */
  close(): Promise<void> {
    return this.#space.close()
  }

  get #self(): string {
    return this.#options.keys().device.publicKey.toString('hex')
  }

  #listen(): void {
    const { exchange } = this
    exchange.on('node', (link) => {
      this.#book.met(link)
      this.follow()
    })
    exchange.on('matched', () => this.#agent.follow())
    exchange.on('stored', (link, id, logs) => this.#agent.onstored(link, id, logs))
    exchange.on('kept', (link, id) => this.#agent.onkept(link, id))
    exchange.on('change', () => {
      if (this.#begun) this.#agent.follow()
    })
  }

  get #carryingFor(): Carrying | null {
    return this.#begun ? this.#sprayer : null
  }

  #makeSprayer(): Sprayer {
    const { spray: limits = SPRAY } = this.#options
    return new Sprayer({
      ...this.#options,
      limits,
      links: () => this.exchange.links(),
      sources: (now) => this.#sources(now),
      free: () => this.#space.carriable,
      take: (link, parcels) => void this.#takeParcels(link, parcels),
      brought: (shared, range) => this.#news.brought(shared, range),
    })
  }

  *#sources(now: number): Iterable<SpraySource> {
    yield* this.#news.sources(now)
    for (const mirror of this.#space.carried()) {
      yield {
        shared: mirror.shared,
        lots: mirror.book.lots,
        regulars: 0,
        knows: (link) => link.theirs(mirror.id) === 'regular',
        changed: () => this.#space.handed(mirror),
      }
    }
  }

  async #takeParcels(link: MirrorLink, parcels: ParcelsMessage): Promise<void> {
    // A room of this device, or one that it holds for its members, comes another way.
    for (const { key, kind } of this.#shared()) {
      if (key.equals(parcels.key) && (kind === 'room' || kind === 'held')) return
    }
    if (!(await this.#space.take(parcels, link.visitor())) || link.closed) return
    this.exchange.changed()
    link.take(parcels)
  }

  *#shared(): Iterable<SharedCopy> {
    yield* this.#copies.shared()
    yield* this.#space.copies()
  }

  #onspace(): void {
    this.exchange.changed()
    this.#options.onchange()
  }

  /** Has the transports and sessions do what the settings say. */
  #apply(): void {
    this.#options.transports().offerRelay(relaysInternet(this.settings))
    this.exchange.changed()
    this.follow()
  }

  #useRelays(): void {
    const keys = this.#book.relays()
    const print = keys.map((key) => key.toString('hex')).join()
    if (print === this.#relays) return
    this.#relays = print
    this.#options.transports().useRelays(keys)
  }

  #view(room: string, node: string, by: string): MirrorView {
    const placement = this.#agent.placement(room, node)
    const saved = placement?.saved ?? this.#options.saved().places?.[`${room}/${node}`]
    const behind = placement?.behind ?? 0
    const reason = placement?.link ? placement.reason : null
    const files = placement?.files ?? null
    return {
      room,
      node,
      name: this.#book.nameOf(node),
      state: stateOf(placement),
      ...(reason !== null && { reason }),
      behind,
      bytes: saved?.bytes ?? null,
      until: saved?.until ?? null,
      seen: this.#book.seen(node),
      ...(files && { files }),
      by,
    }
  }

  #depositor(node: string): KeyPair {
    return keyPairFromSeed(this.#options.keys().secret('depositor', Buffer.from(node, 'hex')))
  }

  #mirrorKey(id: string): Buffer | null {
    for (const room of this.#copies) if (room.id === id) return room.keys.mirror
    for (const { key, encryptionKey } of this.#options.left()) {
      const room = Buffer.from(key, 'hex')
      if (roomId(room) === id) return mirrorKeys(Buffer.from(encryptionKey, 'hex'), room).mirror
    }
    return null
  }
}

function stateOf(placement: Placement | undefined): MirrorView['state'] {
  if (!placement?.link) return 'away'
  if (placement.refused !== null) return 'refused'
  return placement.behind === 0 ? 'stored' : 'storing'
}

function ownDirectory(dir: string): PorchlightError {
  return new PorchlightError(
    'BAD_REQUEST',
    `${dir} is in this device's own data directory. Nothing was exchanged; name a directory of a medium, or any other one.`,
  )
}
