import type { MessageView } from '../api.ts'
import { every } from '../clock.ts'
import type { Clock, Timer } from '../clock.ts'
import { errorCode, PorchlightError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { FileEntry } from '../room/messages/file-book.ts'
import type { Room } from '../room/room.ts'
import type {
  FileBytes,
  FilePolicy,
  FilePolicyChange,
  FileSendOptions,
  FilesApi,
  FileState,
  FileStorage,
  FileView,
  FolderEntry,
} from './api.ts'
import { isWhole } from './arrival.ts'
import { AutoFetch } from './auto-fetch.ts'
import { Fetches } from './fetches.ts'
import { FileNews } from './file-news.ts'
import type { FileSettings } from './file-settings.ts'
import { FileViews, freshView } from './file-views.ts'
import type { Held } from './held.ts'
import { Housekeeping } from './housekeeping.ts'
import { Offering } from './offering.ts'
import { autoFetchSize, mayComeByItself } from './policy/policy.ts'
import { Readers } from './readers.ts'
import { Reading } from './reading.ts'
import type { ReadOptions } from './reading.ts'
import type { ItemStore } from './store/item-store.ts'
import type { StoredItem } from './store/stored-item.ts'
import type { Swarm } from './swarm/swarm.ts'
import { anyTransport, noSuchFile, Wants } from './wants.ts'

export interface FilesOptions {
  readonly store: ItemStore
  readonly swarm: Swarm
  readonly settings: FileSettings
  /** All rooms that are for people; null while they are not all open. */
  readonly rooms: () => readonly Room[] | null
  /** A room that is for people. Errors: `NOT_FOUND`. */
  readonly room: (id: string) => Room
  /** Before something small is written. Errors: `CLOSED`, `DISK_FULL`. */
  readonly ready: () => Promise<void>
  readonly onfiles: (change: { roomId: string; files: readonly FileView[] }) => void
  readonly clock: Clock
  readonly logger: Logger
}

/** How often what a full disk stopped is tried again. */
const RETRY = 15_000

/** Files of this device's rooms: sends, fetches, shows and frees them. */
export class Files implements FilesApi {
  readonly #options: FilesOptions
  readonly #fetches: Fetches
  readonly #auto: AutoFetch
  readonly #housekeeping: Housekeeping
  readonly #news: FileNews
  readonly #wants: Wants
  readonly #views: FileViews
  readonly #offering: Offering
  readonly #readers: Readers
  readonly #reading: Reading
  readonly #followed = new WeakSet<StoredItem>()
  readonly #retrying: Timer
  #closed = false

  constructor(options: FilesOptions) {
    this.#options = options
    const { clock, store, swarm, settings } = options
    this.#news = new FileNews(clock, (roomId, roots) => this.#tell(roomId, roots))
    this.#fetches = new Fetches({ swarm })
    this.#fetches.on('change', (root) => this.#onfetch(root))
    this.#fetches.on('complete', () => this.#auto.wake())
    this.#views = new FileViews({
      item: (roomId, root) => this.#item(roomId, root),
      swarm,
      fetches: this.#fetches,
    })
    this.#readers = new Readers(this.#fetches)
    this.#offering = new Offering({
      ...options,
      onoffered: (item) => this.#follow(item),
      onfailed: () => void this.#housekeeping.wake(),
    })
    const onerror = (error: unknown): void => this.#warn(error)
    this.#housekeeping = new Housekeeping({
      store,
      rooms: options.rooms,
      policy: (roomId) => settings.policy(roomId),
      quota: () => settings.quota,
      offering: (root) => this.#offering.isPending(root),
      busy: ({ rootHex }) =>
        this.#readers.isRead(rootHex) || this.#fetches.get(rootHex) !== undefined,
      drop: (item) => this.#drop(item),
      letGo: async (item) => {
        await settings.decline(item.rootHex, true)
        await this.#drop(item)
      },
      clock,
      onerror,
    })
    this.#wants = new Wants({
      ...options,
      fetches: this.#fetches,
      space: (bytes) => this.#housekeeping.space(bytes),
      drop: (item) => this.#drop(item),
      onbegin: (item) => this.#follow(item),
    })
    this.#reading = new Reading(this.#wants, this.#readers)
    this.#auto = new AutoFetch({
      rooms: () => this.#rooms,
      item: (roomId, root) => this.#item(roomId, root),
      swarm,
      fetches: this.#fetches,
      policy: (roomId) => settings.policy(roomId),
      declined: (root) => settings.declined(root),
      begin: (room, entry) => this.#wants.begin(room, entry),
      space: (bytes) => this.#housekeeping.space(bytes),
      clock,
      onerror,
    })
    swarm.on('sources', (root) => this.#onsources(root))
    this.#retrying = every(clock, RETRY, () => this.onspace())
    for (const item of store.all()) this.#follow(item)
  }

  /** What members of a room may have of a root (hex). */
  held(roomId: string, root: string): Held | null {
    const room = this.#roomOf(roomId)
    return room?.conversation.files.get(root) ? this.#item(roomId, root) : null
  }

  /** An item that a medium brings, begun where it may come by itself; null for what is not wanted, or is here. */
  async brought(roomId: string, root: string): Promise<Held | null> {
    const { settings } = this.#options
    const room = this.#roomOf(roomId)
    const entry = room?.conversation.files.get(root)
    if (!room || !entry) return null
    const here = this.#item(roomId, root)
    if (here) return here.kind === 'received' && !here.have.isFull ? here : null
    const size = autoFetchSize(entry.item)
    if (settings.declined(root) || !mayComeByItself(settings.policy(roomId), size)) return null
    if ((await this.#housekeeping.space(size)) !== null) return null
    return this.#wants.begin(room, entry)
  }

  /** True for an item (its root in hex) that is here, or comes, for this device's own people. */
  has(root: string): boolean {
    return this.#options.store.get(root) !== null
  }

  /** How an item (its root in hex) of a room stands here. */
  state(roomId: string, root: string): FileState {
    return this.#views.state(roomId, root)
  }

  /** A room is open: its files are followed, and what a person asked for is fetched on. */
  opened(room: Room): void {
    room.on('files', () => this.#onfiles(room))
    this.#onfiles(room)
  }

  /** A room was left, and is closed. */
  left(roomId: string): void {
    this.#options.settings.forget(roomId)
    this.#options.swarm.watch(roomId, [])
    this.#auto.renew(roomId)
    void this.#housekeeping.wake()
  }

  /** There may be space on the disk again. */
  onspace(): void {
    for (const item of this.#options.store.all()) {
      if (item.problem === 'disk-full') item.retry().catch((error: unknown) => this.#warn(error))
    }
    this.#fetches.retry()
    this.#auto.wake()
  }

  async send(roomId: string, path: string, options: FileSendOptions = {}): Promise<FileView> {
    const room = this.#options.room(roomId)
    return this.#offered(room, await this.#offering.path(room, path, options))
  }

  async sendBytes(
    roomId: string,
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: Omit<FileSendOptions, 'name'> = {},
  ): Promise<FileView> {
    const room = this.#options.room(roomId)
    return this.#offered(room, await this.#offering.bytes(room, bytes, { ...options, name }))
  }

  async list(roomId: string, { previews = 0 }: { previews?: number } = {}): Promise<FileView[]> {
    const room = this.#options.room(roomId)
    const entries = room.conversation.files.list()
    const bare = entries.length - previews
    return Promise.all(
      entries.map(async (entry, n) =>
        n < bare ? this.#views.view(room, entry) : this.#views.shown(room, entry),
      ),
    )
  }

  async show(roomId: string, file: string): Promise<FileView> {
    const { room, entry } = this.#find(roomId, file)
    return this.#views.shown(room, entry)
  }

  async get(
    roomId: string,
    file: string,
    { out, signal }: { out?: string; signal?: AbortSignal } = {},
  ): Promise<{ path: string; size: number; seconds: number }> {
    const { clock } = this.#options
    const started = clock.monotonic()
    const { room, entry } = this.#find(roomId, file)
    const known = this.#item(room.id, entry.root)
    const here = known !== null && isWhole(known) ? known.path : null
    const item = await this.#wants.arrived(room, entry, isWhole, { out, signal })
    // All of it is here, but not where it was to go.
    if (out !== undefined && item.outError) throw item.outError
    // What was not here, or not as it should be, went there at once.
    const stays = out !== undefined && item === known && item.path === here
    const path = stays ? await item.moveTo(out) : item.path!
    const { size, contents } = entry.item
    const seconds = (clock.monotonic() - started) / 1_000
    return { path, size: size - contents, seconds }
  }

  async fetch(roomId: string, file: string): Promise<FileView> {
    const { room, entry } = this.#find(roomId, file)
    await this.#wants.want(room, entry)
    return this.#views.shown(room, entry)
  }

  async pause(roomId: string, file: string): Promise<FileView> {
    const { room, entry } = this.#find(roomId, file)
    const item = this.#item(room.id, entry.root)
    if (item && !item.complete) {
      item.meta.paused = true
      this.#fetches.stop(entry.root)
      await item.save()
      this.#moved(entry.root)
    }
    return this.#views.shown(room, entry)
  }

  resume(roomId: string, file: string): Promise<FileView> {
    return this.fetch(roomId, file)
  }

  async cancel(roomId: string, file: string): Promise<FileView> {
    const { room, entry } = this.#find(roomId, file)
    const item = this.#item(room.id, entry.root)
    if (!item?.complete) {
      await this.#options.settings.decline(entry.root, true)
      if (item) await this.#drop(item)
    }
    return this.#views.shown(room, entry)
  }

  async remove(
    roomId: string,
    file: string,
    { everyone = false }: { everyone?: boolean } = {},
  ): Promise<void> {
    const { room, entry } = this.#find(roomId, file)
    if (everyone) {
      await this.#options.ready()
      await this.#deleteMessages(room, entry)
    }
    await this.#options.settings.decline(entry.root, true)
    const item = this.#item(room.id, entry.root)
    if (item) await this.#drop(item)
    this.#moved(entry.root)
  }

  async contents(
    roomId: string,
    file: string,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<readonly FolderEntry[]> {
    return this.#reading.contents(this.#find(roomId, file), signal)
  }

  async read(roomId: string, file: string, options: ReadOptions = {}): Promise<FileBytes> {
    return this.#reading.read(this.#find(roomId, file), options)
  }

  policy(roomId?: string): FilePolicy {
    if (roomId !== undefined) this.#options.room(roomId)
    return this.#options.settings.policy(roomId)
  }

  async setPolicy(roomId: string | null, change: FilePolicyChange): Promise<FilePolicy> {
    if (roomId !== null) this.#options.room(roomId)
    const policy = await this.#options.settings.setPolicy(roomId, change)
    void this.#housekeeping.wake()
    this.#auto.wake()
    return policy
  }

  async storage(): Promise<FileStorage> {
    return { used: await this.#housekeeping.used(), quota: this.#options.settings.quota }
  }

  async setQuota(bytes: number | null): Promise<FileStorage> {
    await this.#options.settings.setQuota(bytes)
    await this.#housekeeping.wake()
    this.#auto.wake()
    return this.storage()
  }

  /** Ends all fetches and reads, and closes the store. */
  async close(): Promise<void> {
    this.#closed = true
    this.#retrying.cancel()
    this.#news.close()
    await this.#auto.close()
    await this.#housekeeping.close()
    this.#fetches.close()
    await this.#options.store.close()
  }

  get #rooms(): readonly Room[] {
    return this.#options.rooms() ?? []
  }

  #roomOf(id: string): Room | undefined {
    return this.#rooms.find((room) => room.id === id)
  }

  /** Rooms that list an item. */
  #roomsOf(root: string): Room[] {
    return this.#rooms.filter((room) => room.conversation.files.get(root) !== null)
  }

  /**
   * What is here of a room's item. A root that another room's message names too is no item of that room: whoever was
   * removed from a room may know what is offered there, and name it elsewhere.
   */
  #item(roomId: string, root: string): StoredItem | null {
    const item = this.#options.store.get(root)
    return item?.room === roomId ? item : null
  }

  /** Errors: `NOT_FOUND`. */
  #find(roomId: string, file: string): { room: Room; entry: FileEntry } {
    const room = this.#options.room(roomId)
    const entry = room.conversation.files.find(file)
    if (entry) return { room, entry }
    throw noSuchFile(file)
  }

  async #offered(
    room: Room,
    { item, message }: { item: StoredItem; message: MessageView },
  ): Promise<FileView> {
    const entry = room.conversation.files.get(item.rootHex)
    return entry ? this.#views.shown(room, entry) : freshView(message, item)
  }

  async #drop(item: StoredItem): Promise<void> {
    this.#fetches.drop(item.rootHex)
    await item.remove()
    this.#options.swarm.changed(item.rootHex)
    this.#moved(item.rootHex)
  }

  /** Whoever sent it sent each message that offers it. */
  async #deleteMessages(room: Room, { root }: FileEntry): Promise<void> {
    const own = room.conversation.files.offers(root).filter((offer) => offer.own)
    if (own.length === 0) {
      throw new PorchlightError(
        'NOT_ALLOWED',
        'Only who sent a file can delete it for everyone. Without --everyone it is deleted on this device.',
      )
    }
    for (const { messageId } of own) await room.conversation.writer.remove(messageId, true)
  }

  #follow(item: StoredItem): void {
    if (this.#followed.has(item)) return
    this.#followed.add(item)
    const { rootHex } = item
    item.on('complete', () => this.#moved(rootHex))
    item.on('problem', () => this.#onproblem(item))
    item.on('lost', () => this.#onlost(item))
    this.#options.swarm.changed(rootHex)
  }

  #onproblem(item: StoredItem): void {
    this.#moved(item.rootHex)
    const room = this.#roomOf(item.room)
    if (item.problem === 'damaged' && room) this.#anew(this.#wants.refuted(room, item))
  }

  #onfetch(root: string): void {
    this.#moved(root)
    const fetch = this.#fetches.get(root)
    const item = this.#options.store.get(root)
    const room = item && this.#roomOf(item.room)
    if (!room || fetch?.held !== item) return
    if (fetch.reason === 'damaged') this.#anew(this.#wants.refuted(room, item))
    else if (fetch.doubted > 0) this.#anew(this.#wants.doubted(room, item, fetch.doubted))
  }

  #anew(begun: Promise<boolean>): void {
    begun.then((anew) => anew && this.#auto.wake()).catch((error: unknown) => this.#warn(error))
  }

  /** Codes and words alone: an error's own may have a path in it. */
  #warn(error: unknown): void {
    if (!this.#closed) this.#options.logger.warn('files', { error: errorCode(error) })
  }

  /** Some of what was here is not any more: whoever asked for it has it fetched again. */
  #onlost(item: StoredItem): void {
    this.#moved(item.rootHex)
    if (item.kind !== 'received' || item.problem || item.meta.paused || this.#closed) return
    if (item.meta.asked) this.#fetches.start(item, 'asked', anyTransport)
    else this.#auto.wake()
  }

  #onfiles(room: Room): void {
    if (this.#closed) return
    for (const item of this.#options.store.all()) {
      const { rootHex, kind, complete, meta } = item
      if (item.room !== room.id || kind !== 'received' || complete) continue
      if (!meta.asked || meta.paused || this.#fetches.get(rootHex)) continue
      if (room.conversation.files.get(rootHex)) this.#fetches.start(item, 'asked', anyTransport)
    }
    void this.#housekeeping.wake()
    this.#auto.renew(room.id)
  }

  #onsources(root: string): void {
    this.#moved(root)
    this.#auto.wake()
  }

  #moved(root: string): void {
    for (const { id } of this.#roomsOf(root)) this.#news.note(id, root)
  }

  #tell(roomId: string, roots: ReadonlySet<string>): void {
    const room = this.#roomOf(roomId)
    if (!room) return
    const entries = [...roots].map((root) => room.conversation.files.get(root))
    const files = entries
      .filter((entry) => entry !== null)
      .map((entry) => this.#views.view(room, entry))
    if (files.length > 0) this.#options.onfiles({ roomId, files })
  }
}
