import { EventEmitter } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import NoiseSecretStream from '@hyperswarm/secret-stream'
import Corestore from 'corestore'
import type { KeyPair } from 'hypercore'
import type {
  EngineApi,
  EngineEvents,
  InviteOptions,
  MemberView,
  MessagePage,
  MessageView,
  PeerView,
  RoomView,
  TransportView,
} from './api.ts'
import type { Clock } from './clock.ts'
import { ConnectionRegistry } from './connection/connection-registry.ts'
import type { Connection } from './connection/connection.ts'
import { TransportManager } from './connection/transport-manager.ts'
import { DirtyMarker } from './durability/dirty-marker.ts'
import { DiskGuard } from './durability/disk-guard.ts'
import { Journal } from './durability/journal.ts'
import { isSuspect, replayJournal } from './durability/recovery.ts'
import { syncStore } from './durability/store-sync.ts'
import { PorchlightError } from './errors.ts'
import { loadDeviceKeys } from './identity/device-keys.ts'
import type { DeviceKeys } from './identity/device-keys.ts'
import type { Logger } from './logger.ts'
import type { Random } from './random.ts'
import { checkName } from './room/names.ts'
import { createRoomRecord, joinRoomRecord, renewInvite } from './room/new-room.ts'
import { parseInvite } from './room/invite.ts'
import { StateFile } from './room/room-record.ts'
import type { RoomRecord } from './room/room-record.ts'
import { ownCores } from './room/own-keys.ts'
import { Room, roomId } from './room/room.ts'
import { until } from './room/until.ts'
import { Session } from './session/session.ts'
import { REFUSAL_WORDS } from './session/refusal-words.ts'
import { canDial, canRemember } from './transport.ts'
import type { Transport } from './transport.ts'

export interface EngineOptions {
  /** The data directory; made when missing. One engine at a time. */
  readonly dir: string
  /** Nickname for a new person. */
  readonly name?: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

const JOIN_PATIENCE = 5_000
const LEAVE_PATIENCE = 500

/** Opens a device's data, repairs what a crash left, and opens its rooms. Errors: `DAMAGED`, `DISK_FULL`. */
export async function openEngine(options: EngineOptions): Promise<EngineApi> {
  return Engine.open(options)
}

interface Parts {
  readonly keys: DeviceKeys
  readonly state: StateFile
  readonly store: Corestore
  readonly journal: Journal
  readonly marker: DirtyMarker
  readonly suspect: ReadonlySet<string>
}

class Engine extends EventEmitter<EngineEvents> implements EngineApi {
  readonly #options: EngineOptions
  readonly #parts: Parts
  readonly #rooms = new Map<string, Room>()
  readonly #noise: KeyPair
  readonly #registry: ConnectionRegistry<Session>
  readonly #transports: TransportManager
  readonly #entering = new Map<string, Promise<Room>>()
  #guard: DiskGuard | null = null
  #closing: Promise<void> | null = null

  private constructor(options: EngineOptions, parts: Parts) {
    super()
    this.setMaxListeners(0)
    this.#options = options
    this.#parts = parts
    this.#noise = NoiseSecretStream.keyPair(options.random.bytes(32))
    this.#registry = new ConnectionRegistry<Session>(this.#noise.publicKey)
    this.#transports = new TransportManager({
      keyPair: this.#noise,
      clock: options.clock,
      logger: options.logger,
      onconnection: (connection) => this.#onconnection(connection),
      onstatus: () => this.emit('transports'),
    })
  }

  static async open(options: EngineOptions): Promise<Engine> {
    const { dir, random, logger, clock } = options
    await mkdir(join(dir, 'index'), { recursive: true, mode: 0o700 })
    const keys = await loadDeviceKeys(join(dir, 'keys.json'), random)
    const state = await StateFile.open(
      join(dir, 'state.json'),
      checkName(options.name ?? 'Someone'),
    )
    const { marker, last } = await DirtyMarker.set(join(dir, 'running'))
    const storeDir = join(dir, 'store')
    const store = new Corestore(storeDir)
    await store.ready()
    const { journal, entries, intact } = await Journal.open(dir, {
      expected: state.state.rooms.length > 0,
      syncStore: () => syncStore(storeDir),
    })
    const own = new Map<string, KeyPair>()
    for (const record of state.state.rooms) {
      for (const [core, pair] of ownCores(keys, record)) own.set(core, pair)
    }
    const replayed = await replayJournal(store, entries, own, logger)
    const suspect = new Set<string>()
    for (const core of own.keys()) {
      const result = replayed.get(core) ?? { repaired: 0, gap: false }
      if (isSuspect(result, { last, journalIntact: intact })) suspect.add(core)
    }
    const engine = new Engine(options, { keys, state, store, journal, marker, suspect })
    for (const record of state.state.rooms) await engine.#openRoom(record)
    engine.#guard = await DiskGuard.open(dir, clock, (full) => {
      logger.warn('disk', { full })
      for (const room of engine.#rooms.values()) room.accepting = !full
    })
    for (const room of engine.#rooms.values()) room.accepting = !engine.#guard.full
    return engine
  }

  get deviceId(): string {
    return this.#parts.keys.device.publicKey.toString('hex')
  }

  get personId(): string {
    return this.#parts.keys.person.toString('hex')
  }

  get name(): string {
    return this.#parts.state.state.name
  }

  async setName(name: string): Promise<void> {
    const { state } = this.#parts
    state.state.name = checkName(name)
    await state.save()
    for (const room of this.#rooms.values()) await room.membership.rename(state.state.name)
  }

  addTransport(transport: Transport): void {
    if (canRemember(transport)) {
      transport.remember(this.#parts.state.state.addresses[transport.id] ?? [])
    }
    this.#transports.add(transport)
  }

  transports(): TransportView[] {
    const counts = new Map<string, number>()
    for (const { connection } of this.#registry.preferred()) {
      counts.set(connection.transport, (counts.get(connection.transport) ?? 0) + 1)
    }
    return [...this.#transports].map((transport) => ({
      id: transport.id,
      ...transport.status,
      peers: counts.get(transport.id) ?? 0,
      addresses: canDial(transport) ? transport.addresses() : [],
    }))
  }

  switchTransport(id: string, on: boolean): Promise<void> {
    return this.#transports.switch(id, on)
  }

  dial(transport: string, address: string, signal?: AbortSignal): Promise<void> {
    return this.#transports.dial(transport, address, signal)
  }

  peers(): PeerView[] {
    const now = this.#options.clock.now()
    const elapsed = this.#options.clock.monotonic()
    return [...this.#registry.preferred()].map(({ connection, links }) => {
      const shared = [...links].filter((link) => link.member)
      const device = shared[0]?.device
      const name = shared.map((link) => link.room.nameOf(link.device!)).find(Boolean)
      return {
        id: device ?? connection.remoteKey.toString('hex').slice(0, 16),
        ...(name !== undefined && { name }),
        transport: connection.transport,
        rooms: shared.map((link) => link.room.id),
        since: Math.round(now - (elapsed - connection.openedAt)),
      }
    })
  }

  rooms(): RoomView[] {
    return [...this.#rooms.values()].map((room) => room.view())
  }

  async createRoom(name: string): Promise<RoomView> {
    const title = checkName(name)
    await this.#ready()
    const record = await createRoomRecord({
      ...this.#options,
      ...this.#parts,
      title,
      nickname: this.name,
    })
    return (await this.#enter(record)).view()
  }

  async invite(room: string, options: InviteOptions = {}): Promise<string> {
    await this.#ready()
    return this.#room(room).membership.invite(options)
  }

  async join(
    text: string,
    options: { patience?: number; signal?: AbortSignal } = {},
  ): Promise<RoomView> {
    const invite = parseInvite(text)
    await this.#ready()
    const id = roomId(invite.room)
    const facts = { ...this.#options, ...this.#parts, nickname: this.name }
    let room = this.#rooms.get(id) ?? (await this.#entering.get(id))
    if (!room) {
      const entering = joinRoomRecord(invite, facts).then((record) => this.#enter(record))
      this.#entering.set(id, entering)
      try {
        room = await entering
      } finally {
        this.#entering.delete(id)
      }
    } else if (!room.membership.joined && renewInvite(room.record, invite, facts)) {
      await this.#parts.state.save()
      for (const link of room.links) link.prove()
    }
    const entered = room
    const done = (): boolean => entered.membership.joined || entered.refusal !== null
    await until(entered, ['changed'], done, {
      clock: this.#options.clock,
      ms: options.patience ?? JOIN_PATIENCE,
      signal: options.signal,
    })
    if (entered.refusal !== null) {
      throw new PorchlightError('NOT_ALLOWED', REFUSAL_WORDS[entered.refusal])
    }
    return entered.view()
  }

  async leave(id: string): Promise<void> {
    const room = this.#room(id)
    const { state } = this.#parts
    const { clock } = this.#options
    if (room.membership.joined) {
      await room.control.append({ type: 'leave' }).catch(() => {})
      const told = (): boolean => [...room.links].every((link) => !link.member)
      await until(room, ['changed'], told, { clock, ms: LEAVE_PATIENCE })
    }
    state.state.rooms = state.state.rooms.filter((record) => record !== room.record)
    await state.save()
    this.#rooms.delete(id)
    this.#transports.leave(room.topic)
    this.#announceRooms()
    await room.erase()
    this.emit('room', id)
  }

  members(room: string): MemberView[] {
    return this.#room(room).membership.members()
  }

  async send(room: string, text: string, options: { replyTo?: string } = {}): Promise<MessageView> {
    await this.#ready()
    return this.#room(room).send(text, options.replyTo)
  }

  async messages(
    room: string,
    options: { limit?: number; before?: string } = {},
  ): Promise<MessagePage> {
    const limit = options.limit ?? 50
    if (!Number.isInteger(limit) || limit < 1 || limit > 500) {
      throw new PorchlightError('BAD_REQUEST', 'A page has between 1 and 500 messages.')
    }
    return this.#room(room).messages({ limit, before: options.before })
  }

  markRead(room: string, messageId?: string): Promise<void> {
    return this.#room(room).markRead(messageId)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { state, store, journal, marker } = this.#parts
    this.#guard?.close()
    for (const transport of this.#transports) {
      if (canRemember(transport)) {
        state.state.addresses[transport.id] = [...transport.known()].slice(0, 64)
      }
    }
    await this.#transports.close()
    for (const session of this.#registry) session.connection.close('the engine is closed')
    for (const room of this.#rooms.values()) await room.close()
    // A full disk must not keep the rest from closing; addresses can be learnt again.
    await state.save().catch(() => {})
    await state.close()
    await journal.close()
    await store.close()
    await marker.clear()
  }

  /** Errors: `CLOSED`, `DISK_FULL`. */
  async #ready(): Promise<void> {
    if (this.#closing) throw new PorchlightError('CLOSED', 'Porchlight is stopping.')
    await this.#guard?.check()
  }

  #room(id: string): Room {
    const room = this.#rooms.get(id)
    if (room) return room
    throw new PorchlightError('NOT_FOUND', `There is no room ${id.slice(0, 40)} on this device.`)
  }

  /** Takes a new record in: from here on it survives a restart. */
  async #enter(record: RoomRecord): Promise<Room> {
    const { state } = this.#parts
    state.state.rooms.push(record)
    await state.save()
    const room = await this.#openRoom(record)
    this.#announceRooms()
    this.emit('room', room.id)
    return room
  }

  async #openRoom(record: RoomRecord): Promise<Room> {
    const { keys, store, journal, suspect, state } = this.#parts
    const room = await Room.open({
      ...this.#options,
      record,
      store: store.namespace(Buffer.from(record.salt, 'hex')),
      keys,
      journal,
      suspect,
      dir: join(this.#options.dir, 'index'),
      save: () => state.save(),
    })
    this.#rooms.set(room.id, room)
    this.#transports.join(room.topic)
    room.on('changed', () => this.emit('room', room.id))
    room.on('delivery', () => this.emit('delivery', room.id))
    room.on('timeline', (messages, overflow) => {
      this.emit('timeline', { roomId: room.id, messages, overflow })
    })
    return room
  }

  #announceRooms(): void {
    for (const session of this.#registry) session.roomsChanged()
  }

  #onconnection(connection: Connection): void {
    const { clock, random, logger } = this.#options
    const session = new Session({
      connection,
      rooms: () => this.#rooms.values(),
      clock,
      random,
      logger,
      onchange: () => this.emit('peers'),
    })
    if (!this.#registry.add(session))
      return connection.close('one connection to this peer is enough')
    connection.on('suspect', () => this.#transports.seek(connection.transport))
    connection.once('close', (reason) => {
      logger.debug('connection-closed', { transport: connection.transport, reason })
      this.#registry.remove(session)
      if (!this.#closing) this.#transports.seek(connection.transport)
      this.emit('peers')
      this.emit('transports')
    })
    logger.debug('connection', { transport: connection.transport })
    this.#registry.settle(session)
    this.emit('peers')
    this.emit('transports')
  }
}
