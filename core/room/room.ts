import { EventEmitter } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type Corestore from 'corestore'
import type { MessageView, RoomView } from '../api.ts'
import type { Clock } from '../clock.ts'
import { ControlLog } from '../control/control-log.ts'
import type { RoomState } from '../control/room-state.ts'
import { derive, hash } from '../crypto/hash.ts'
import type { WriteAhead } from '../durability/journal.ts'
import type { FileState } from '../files/api.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { Logger } from '../logger.ts'
import type { Named } from '../people/name-watch.ts'
import type { Random } from '../random.ts'
import { said } from '../search/said.ts'
import { SearchIndex } from '../search/search-index.ts'
import type { Refusal } from '../session/messages.ts'
import type { RoomLink } from '../session/room-link.ts'
import type { Position } from '../timeline/order.ts'
import type { Snapshot } from '../timeline/snapshot.ts'
import { SnapshotKeeper } from '../timeline/snapshot-keeper.ts'
import { restoreParts, saveParts } from '../timeline/snapshot-parts.ts'
import { Timeline } from '../timeline/timeline.ts'
import type { AllowanceLimits } from './allowance.ts'
import { Allowances } from './allowances.ts'
import type { ContentLog } from './content-log.ts'
import { Receipts } from './delivery/receipts.ts'
import { KeyKeeper } from './epochs/key-keeper.ts'
import { KeyReaders } from './epochs/key-readers.ts'
import { KeyRing } from './epochs/key-ring.ts'
import { Invites } from './invites.ts'
import { Membership } from './membership.ts'
import { Conversation } from './messages/conversation.ts'
import { Moderation } from './moderation.ts'
import { renewStatement } from './new-room.ts'
import type { JoinFacts, WayIn } from './new-room.ts'
import { controlKeyPair } from './own-keys.ts'
import { OwnWriter } from './own-writer.ts'
import { KIND_ACK } from './record.ts'
import type { RecordConsumer } from './record-consumer.ts'
import { Reading } from './reading.ts'
import { ReadingRules } from './reading-rules.ts'
import { RoomLogs } from './room-logs.ts'
import type { RoomRecord } from './room-record.ts'
import { until } from '../until.ts'

const PLACING = 250
/** Records that a peer may claim a log has beyond what its author's signature proves here. */
const MAX_CLAIM = 1_000_000

export interface RoomOptions {
  readonly record: RoomRecord
  /** A namespace of the store that is this room's alone. */
  readonly store: Corestore
  readonly keys: DeviceKeys
  readonly journal: WriteAhead
  /** Cores whose tail may have been lost for good (hex keys). */
  readonly suspect: ReadonlySet<string>
  /** Such a core is no longer suspect. */
  readonly trust: (core: string) => Promise<void>
  readonly dir: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Bytes came from a peer. */
  readonly onintake: (bytes: number) => void
  /** Writes the record down. */
  readonly save: () => Promise<void>
  /** How much one log may hold: the same on all devices of a room. */
  readonly limits?: AllowanceLimits
  /** Whether this person tells others what they read; default true. */
  readonly tellsRead?: () => boolean
  /** Whether this person blocked another: nothing of theirs is shown here. */
  readonly blocked?: (person: string) => boolean
  /** How far an item (the hex of its root) is here. */
  readonly fileState?: (roomId: string, root: string) => FileState
  /** Nodes (hex) that hold the room, those that are best to reach first. */
  readonly holders?: (roomId: string) => readonly string[]
  /** Learn from the room's records, beside what the room itself keeps of them. */
  readonly consumers?: readonly RecordConsumer[]
}

/** What a room tells the parts of this device. */
export interface RoomEvents {
  /** The control log changed. */
  state: []
  /** A content log is here, or may be fetched again. */
  log: [log: ContentLog]
  /** Records were placed, so there is news of what we have. */
  placed: []
  /** This person read on. */
  read: []
  /** A peer said what it has. */
  heard: []
  /** For people: members, name, unread or state changed. */
  changed: []
  timeline: [messages: readonly MessageView[], overflow: boolean]
  delivery: []
  /** Messages with files came, went or changed. */
  files: []
  /** Who has which picture changed, or who may have one. */
  pictures: []
}

/** A shared space: a control log, a content log for each device, and this device's view of them. */
export class Room extends EventEmitter<RoomEvents> {
  readonly keys: DeviceKeys
  readonly control: ControlLog
  readonly membership: Membership
  readonly id: string
  /** Keyed hashes under this find the room in a session: whoever was ever invited knows it. */
  readonly matchKey: Buffer
  /** Where the room meets on transports that reach the world. */
  readonly topic: Buffer
  /** Open sessions in which the peer shares this room. */
  readonly links = new Set<RoomLink>()
  readonly logs: RoomLogs
  /** Who has what of this person's messages, and what this device says of others'. */
  readonly receipts: Receipts
  /** What is said in the room. */
  readonly conversation: Conversation
  readonly reading: Reading
  readonly invites: Invites
  readonly moderation: Moderation
  readonly #options: RoomOptions
  readonly #ring: KeyRing
  readonly #readers: KeyReaders
  readonly #keeper: KeyKeeper
  readonly #rules: ReadingRules
  readonly #allowances: Allowances
  readonly #timeline: Timeline
  readonly #search = new SearchIndex(said)
  readonly #consumers: readonly RecordConsumer[]
  readonly #snapshot: Snapshot | null
  readonly #snapshots: SnapshotKeeper
  readonly #writer: OwnWriter
  #refusal: Refusal | null = null
  #removed = false
  #opening: Promise<void> = Promise.resolve()
  #closed = false

  private constructor(options: RoomOptions, control: ControlLog, snapshot: Snapshot | null) {
    super()
    this.setMaxListeners(0)
    this.#options = options
    this.keys = options.keys
    this.control = control
    this.receipts = this.#receipts()
    this.#allowances = new Allowances(options.limits)
    const state = (): RoomState => control.state
    this.logs = new RoomLogs({
      ...options,
      state,
      allowances: this.#allowances,
      placed: (log) => this.placed(log),
      settled: () => this.#timeline.settled,
      onadd: (log) => this.#onlog(log),
    })
    this.id = roomId(control.key)
    const secret = Buffer.from(options.record.encryptionKey, 'hex')
    this.matchKey = derive(secret, 'room-match', control.key)
    this.topic = derive(secret, 'room-topic', control.key)
    const ring = new KeyRing({ ...options, device: options.keys.device, room: control.key })
    this.#ring = ring
    this.#readers = new KeyReaders({ ring, room: control.key })
    this.#keeper = new KeyKeeper({
      ...options,
      control,
      ring,
      device: options.keys.device.publicKey.toString('hex'),
      asking: () => this.#asking(),
      onexpiry: () => void this.#onstate(),
    })
    this.membership = new Membership({ ...options, control, ring })
    this.invites = new Invites({
      ...options,
      control,
      membership: this.membership,
      holders: () => options.holders?.(this.id) ?? [],
    })
    this.moderation = new Moderation({
      control,
      membership: this.membership,
      keeper: this.#keeper,
      reach: (log) => this.logs.get(log)?.reach ?? 0,
      written: (log) => this.#written(log),
    })
    this.#rules = new ReadingRules({
      status: (epoch) => ring.status(epoch),
      state,
      outdated: () => this.#timeline.outdated,
    })
    this.#timeline = new Timeline({
      room: control.key,
      keyStatus: (epoch) => this.#rules.status(epoch),
      epochKey: (epoch) => ring.key(epoch),
      limitOf: (log) => this.logs.limitOf(log),
      hides: (log) => options.blocked?.(log.person) ?? false,
      clock: options.clock,
      logger: options.logger,
      onplaced: (positions, reordered) => this.#onplaced(positions, reordered),
      onrecord: (record) => {
        for (const consumer of this.#consumers) consumer.take(record)
      },
      onrest: () => this.conversation.onrest(),
      onended: () => void this.#onstate(),
      onrebuild: () => {
        this.#rules.reset()
        for (const consumer of this.#consumers) consumer.reset()
      },
    })
    this.#writer = new OwnWriter({ ...options, room: this, timeline: this.#timeline })
    this.conversation = this.#converse()
    this.reading = new Reading({
      ...options,
      id: this.id,
      timeline: this.#timeline,
      index: this.#search,
      reader: this.conversation.reader,
      receipts: this.receipts,
      onread: () => this.emit('read'),
      onmarker: () => this.emit('changed'),
    })
    this.#consumers = [
      this.receipts,
      this.#search,
      ...this.conversation.consumers,
      ...(options.consumers ?? []),
    ]
    // The rules last: where they changed, the others keep what records do not tell.
    const parts = [...this.#consumers, this.#allowances, this.#rules]
    this.#snapshot = snapshot && restoreParts(parts, snapshot.parts) ? snapshot : null
    control.on('state', () => void this.#onstate())
    this.#snapshots = new SnapshotKeeper({
      ...options,
      path: snapshotPath(options, control.key),
      envelope: options.keys.envelope('snapshot'),
      take: () => ({
        logs: this.#timeline.save(),
        parts: saveParts([this.#rules, this.#allowances, ...this.#consumers]),
      }),
    })
  }

  static async open(options: RoomOptions): Promise<Room> {
    const { record, store, keys, logger, journal } = options
    const control = await ControlLog.open({
      store,
      key: Buffer.from(record.key, 'hex'),
      encryptionKey: Buffer.from(record.encryptionKey, 'hex'),
      envelope: keys.envelope('control'),
      keyPair: controlKeyPair(keys, record),
      suspect: options.suspect.has(record.writer),
      trust: () => options.trust(record.writer),
      clock: options.clock,
      journal,
      logger,
    })
    const snapshot = await SnapshotKeeper.load(
      snapshotPath(options, control.key),
      keys.envelope('snapshot'),
    )
    const room = new Room(options, control, snapshot)
    for (let n = 0; n < record.logs; n++) await room.openOwn(n)
    await room.#onstate()
    room.#timeline.begin()
    return room
  }

  /** True for the room of this person's own devices, which no list shows. */
  get personal(): boolean {
    return this.record.kind === 'personal'
  }

  /** What this device keeps of the room beside its logs. */
  get record(): RoomRecord {
    return this.#options.record
  }

  /** The statement by which this device came in; empty for the creator. */
  get statement(): Buffer {
    return this.membership.statement
  }

  /** Why a member's device did not let this one in; null while nobody refused. */
  get refusal(): Refusal | null {
    return this.membership.joined ? null : this.#refusal
  }

  /** How many records of a log are placed here. */
  placed(hex: string): number {
    return this.#timeline.index(hex)?.length ?? 0
  }

  /** The most that is known to exist of a log, here or at a peer in reach; a mere claim counts up to a bound. */
  known(log: ContentLog): number {
    const proved = log.core.length
    let claimed = proved
    for (const link of this.links)
      if (link.member) claimed = Math.max(claimed, link.theirs(log.hex))
    return Math.min(claimed, proved + MAX_CLAIM, log.limit)
  }

  /**
   * How many records of a log are to come. What is fetched block by block is proved by its author's signature at
   * once, so a mere claim counts only while ranges come, or none may be fetched.
   */
  #expected(log: ContentLog): number {
    if (this.logs.fetching.has(log.hex) || !this.logs.accepting) return this.known(log)
    return Math.min(log.core.length, log.limit)
  }

  view(): RoomView {
    const { membership, record } = this
    const { marker } = this.reading
    let missing = 0
    for (const log of this.logs) missing += this.#expected(log) - this.placed(log.hex)
    return {
      id: this.id,
      name: this.control.state.name || record.name,
      role: membership.role,
      state: membership.standing,
      members: membership.members().length,
      unread: this.#timeline.unreadAfter(marker),
      mentions: this.conversation.unreadMentions(marker),
      messages: this.#timeline.total,
      missing: Math.max(0, missing),
    }
  }

  /** Everybody who is, or was, in the room. */
  people(): Named[] {
    return [...this.control.state.persons].map(([id, { name }]) => ({ id, name }))
  }

  /** The nickname of a device's person. */
  nameOf(device: string): string | undefined {
    const { devices, persons } = this.control.state
    return persons.get(devices.get(device)?.person ?? '')?.name
  }

  /** Writes a record that is for devices. Errors: `WAITING`, `DISK_FULL`. */
  async write(kind: number, payload: Buffer): Promise<void> {
    this.membership.checkIn()
    await this.#writer.append(kind, payload)
  }

  /** Resolves when what is stored here is placed. */
  ready(): Promise<void> {
    return this.#timeline.ready()
  }

  /** Whom this person blocks, or what they called themselves, changed: pages are to be fetched anew. */
  renew(): void {
    this.conversation.onblocked()
    this.emit('timeline', [], true)
    this.emit('changed')
  }

  /** Asks members again by another invite; who was removed comes back with a fresh log only. */
  async askAgain(way: WayIn, facts: JoinFacts): Promise<void> {
    const { record, save } = this.#options
    if (record.invite?.seed === way.seed?.toString('hex')) return
    const removed = this.membership.standing === 'removed'
    if (removed) record.logs++
    renewStatement(record, way, facts)
    await save()
    if (removed) await this.openOwn(record.logs - 1)
    this.#refusal = null
    for (const link of this.links) link.prove()
  }

  /** A peer did not let this device in. */
  refused(reason: Refusal): void {
    if (this.membership.joined) return
    this.#refusal = reason
    this.emit('changed')
  }

  /** A peer told whether it lacks the room's key. */
  asked({ lacks, member }: RoomLink): void {
    if (member && lacks === this.control.state.epoch) this.#keeper.wake()
  }

  judge(device: string, statement: Buffer): Promise<'member' | 'later' | Refusal> {
    return this.membership.judge(device, statement).catch((error: unknown) => {
      this.#options.logger.warn('admission-failed', { error: String(error) })
      return 'later'
    })
  }

  writeDown(statement: Buffer, by: string): Promise<void> {
    return this.membership.writeDown(statement, by).catch((error: unknown) => {
      this.#options.logger.warn('statement-not-written', { error: String(error) })
    })
  }

  /** Runs `work`, which may put back what a log of this device lost, while nothing is written to it. */
  restore<T>(log: ContentLog, work: () => Promise<T>): Promise<T> {
    return this.#writer.restore(log, work)
  }

  /** Resolves once what is stored of the control log was read, and the logs that it names are open. */
  async caughtUp(): Promise<void> {
    await this.control.caughtUp()
    await this.#opening
  }

  /** Some of the statements that members are asked to write down: a message holds no more. */
  unwritten(): Buffer[] {
    return this.membership.unwritten.slice(0, 16)
  }

  /** Opens the n-th content log of this device here; the last one is written to. */
  async openOwn(n: number): Promise<ContentLog> {
    const log = await this.logs.openOwn(n)
    this.#writer.use(log)
    return log
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const link of this.links) link.close()
    await this.receipts.close()
    await this.#keeper.close()
    await this.#writer.close()
    await this.#opening
    await this.conversation.close()
    await this.#timeline.close()
    await this.#snapshots.close()
    await this.control.close()
    await this.logs.close()
    await this.#options.store.close()
  }

  /** Closes the room and gives back the space that its messages took. */
  async erase(): Promise<void> {
    await this.logs.clear()
    await this.close()
    await rm(snapshotPath(this.#options, this.control.key), { force: true })
  }

  /** How many records a log (hex) has, by its signature or its author's device. */
  #written(log: string): number {
    const author = this.control.state.logs.get(log)?.device
    let written = this.logs.get(log)?.core.length ?? 0
    for (const link of this.links) {
      if (link.member && link.device === author) written = Math.max(written, link.theirs(log))
    }
    return written
  }

  *#asking(): Iterable<string> {
    const { epoch } = this.control.state
    for (const { member, device, lacks } of this.links) if (member && lacks === epoch) yield device!
  }

  #onstate(): Promise<void> {
    this.#opening = this.#opening
      .then(() => this.#takeState())
      .catch((error: unknown) => {
        if (!this.#closed) this.#options.logger.error('room-state', { error: String(error) })
      })
    return this.#opening
  }

  async #takeState(): Promise<void> {
    if (this.#closed) return
    const { state } = this.control
    const { record, save } = this.#options
    const news = this.#ring.fill(state)
    // After it, so that what came with a long delay goes at once.
    const now = this.#options.clock.now()
    const noted = this.#ring.note(state, now)
    const gone = this.#ring.expire(state, now)
    this.membership.forgetWritten()
    const removed = this.membership.standing === 'removed'
    if (removed && !this.#removed) this.#refusal = 'removed'
    this.#removed = removed
    if (news || noted || gone || (state.name && state.name !== record.name)) {
      record.name = state.name || record.name
      await save()
    }
    const cut = await this.logs.follow()
    if (this.#closed) return
    if (cut || this.#rules.stale) this.#timeline.rebuild({ urgent: gone })
    else if (news) this.#timeline.wake()
    if (gone) await this.#snapshots.forget()
    this.receipts.wake()
    this.conversation.onstate()
    this.#keeper.wake()
    this.emit('state')
    this.emit('changed')
    this.emit('pictures')
  }

  #converse(): Conversation {
    const options = this.#options
    return new Conversation({
      ...options,
      control: this.control,
      membership: this.membership,
      timeline: this.#timeline,
      delivery: this.receipts,
      self: options.keys.person.toString('hex'),
      fileState: (root) => options.fileState?.(this.id, root) ?? 'remote',
      append: (kind, payload) => this.#writer.append(kind, payload),
      placed: async (log, seq) => {
        const placed = (): boolean => this.placed(log) > seq
        await until(this, ['placed'], placed, { clock: options.clock, ms: PLACING })
      },
      ontimeline: (messages, overflow) => {
        this.emit('timeline', messages, overflow)
        this.emit('changed')
      },
      ongone: ({ log, seq }) => {
        if (this.#search.forget(log.hex, seq)) this.#snapshots.note(1)
      },
      onmembers: () => {
        if (this.#closed) return
        this.emit('changed')
        this.emit('pictures')
      },
      onpictures: () => {
        if (!this.#closed) this.emit('pictures')
      },
      onfiles: () => {
        if (!this.#closed) this.emit('files')
      },
    })
  }

  #onlog(log: ContentLog): void {
    this.receipts.add(log)
    this.#timeline.add(
      log,
      this.#snapshot?.logs.find((saved) => saved.key.equals(log.key)),
    )
    this.emit('log', log)
  }

  #receipts(): Receipts {
    const options = this.#options
    return new Receipts({
      ...options,
      person: this.keys.person.toString('hex'),
      device: this.keys.device.publicKey.toString('hex'),
      state: () => this.control.state,
      logs: () => this.#timeline.logs,
      source: (log) => this.#timeline.source(log),
      opens: (device, epoch) => this.#readers.opens(this.control.state.epochs, device, epoch),
      written: (log) => this.logs.get(log)?.core.length ?? 0,
      tellsRead: () => options.tellsRead?.() ?? true,
      may: () => this.conversation.mayWrite && this.#writer.settled,
      write: async (payload) => {
        const { size } = await this.#writer.append(KIND_ACK, payload, { bare: true })
        return size
      },
      onnews: () => {
        this.#snapshots.note(1)
        this.emit('delivery')
      },
    })
  }

  #onplaced(positions: readonly Position[], reordered: boolean): void {
    this.#snapshots.note(positions.length)
    this.emit('placed')
    this.conversation.onplaced(positions, reordered)
  }
}

/** The room's id: 32 hex digits that tell nothing of its key. */
export function roomId(key: Buffer): string {
  return hash([Buffer.from('porchlight/room-id\0'), key], { size: 16 }).toString('hex')
}

/** A name that tells no room: a disk may keep the names of files that are gone. */
function snapshotPath({ dir, keys }: Pick<RoomOptions, 'dir' | 'keys'>, key: Buffer): string {
  return join(dir, `${keys.secret('snapshot-name', key).toString('hex', 0, 16)}.timeline`)
}
