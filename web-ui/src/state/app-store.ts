import { batch, computed, effect, signal } from '@preact/signals'
import { ApiFailure, sentence } from '../api/api-failure.ts'
import type { ApiClient } from '../api/client.ts'
import type { NodeEvent } from '../api/event-stream.ts'
import { loadToken, takeCode } from '../api/session.ts'
import type { RoomView, Status, TransportView } from '../api/views.ts'
import { titleWords } from '../text/words.ts'
import { coalesced } from './coalesced.ts'
import { carriesFiles } from './dropped-files.ts'
import { forgetSavedDrafts } from './drafts.ts'
import { eraseBrowser } from './erase-browser.ts'
import { MirrorsStore } from './mirrors-store.ts'
import { OwnerStore } from './owner-store.ts'
import { RoomStore } from './room-store.ts'
import { SearchStore } from './search-store.ts'
import { SessionStore } from './session-store.ts'

export type DialogName =
  | 'create'
  | 'join'
  | 'near'
  | 'you'
  | 'devices'
  | 'phrase'
  | 'passphrase'
  | 'erase'
  | 'health'
  | 'invite'
  | 'members'
  | 'person'
  | 'settings'
  | 'sharing'
  | 'place'
  | 'files'
  | 'file-settings'
  | 'leave'

/** Everything the page shows, kept true by the node's events. */
export class AppStore {
  readonly status = signal<Status | null>(null)
  readonly rooms = signal<readonly RoomView[] | null>(null)
  readonly transports = signal<readonly TransportView[]>([])
  readonly roomId = signal<string | null>(null)
  readonly dialog = signal<DialogName | null>(null)
  /** Whom the dialog `person` is about. */
  readonly personId = signal<string | null>(null)
  /** What the node said instead of its rooms or its state. */
  readonly failure = signal<string | null>(null)

  readonly room = computed(
    () => this.rooms.value?.find((room) => room.id === this.roomId.value) ?? null,
  )

  readonly session: SessionStore
  readonly owner: OwnerStore
  readonly search: SearchStore
  readonly mirrors: MirrorsStore
  readonly #roomStores = new Map<string, RoomStore>()

  readonly #roomsSoon = coalesced(80, () => this.#tell(() => this.#loadRooms()))
  readonly #statusSoon = coalesced(200, () => this.#tell(() => this.#loadStatus()))

  constructor() {
    this.session = new SessionStore({
      onEvent: (event) => this.#take(event),
      onRenew: () => this.#renew(),
      onLocked: () => this.#statusSoon(),
      onSignedOut: () => (this.dialog.value = null),
    })
    this.owner = new OwnerStore(this.api)
    this.search = new SearchStore(this.api)
    this.mirrors = new MirrorsStore(this.api.mirrors)
  }

  get api(): ApiClient {
    return this.session.api
  }

  /** Takes over the tab: its address, its title, its focus. */
  start(): void {
    const code = takeCode()
    this.#readAddress()
    addEventListener('hashchange', () => {
      const fresh = takeCode()
      if (fresh !== null) void this.session.signIn(fresh)
      else this.#readAddress()
    })
    for (const event of ['focus', 'online']) addEventListener(event, () => this.session.retryNow())
    addEventListener('pagehide', () => void this.#current()?.draft.flush())
    addEventListener('beforeunload', (event) => {
      // The browser asks whether to leave: what is on its way from this tab would be cut off.
      if ([...this.#roomStores.values()].some(({ uploads }) => uploads.underWay))
        event.preventDefault()
    })
    // A file dropped beside its place would open in this tab instead of the page.
    for (const event of ['dragover', 'drop'])
      addEventListener(event, (dropped) => {
        if (carriesFiles(dropped as DragEvent)) dropped.preventDefault()
      })
    effect(() => {
      document.title = titleWords(this.room.value?.name ?? 'Porchlight', this.rooms.value ?? [])
    })
    if (code !== null) void this.session.signIn(code)
    else this.session.enter(loadToken())
  }

  /** The store of a room, made when it is first asked for. */
  roomStore(id: string): RoomStore {
    const known = this.#roomStores.get(id)
    if (known) return known
    const store = new RoomStore(this.api, id)
    this.#roomStores.set(id, store)
    return store
  }

  go(roomId: string | null): void {
    location.hash = roomId === null ? '#/' : `#/room/${encodeURIComponent(roomId)}`
    this.#readAddress()
  }

  /** Opens a room at one of its messages. */
  goTo(roomId: string, message: string): void {
    this.go(roomId)
    this.roomStore(roomId).seek(message)
  }

  /** Opens the dialog about a person of this room. */
  showPerson(id: string): void {
    batch(() => {
      this.personId.value = id
      this.dialog.value = 'person'
    })
  }

  /** Puts a room the node just answered with in the list, before its events come round. */
  adopt(room: RoomView): void {
    const others = (this.rooms.value ?? []).filter((known) => known.id !== room.id)
    this.rooms.value = [...others, room]
    this.go(room.id)
    this.#roomsSoon()
  }

  async setName(name: string): Promise<void> {
    await this.api.owner.setName(name)
    await this.#loadStatus()
  }

  async switchTransport(id: string, on: boolean): Promise<void> {
    const changed = await this.api.switchTransport(id, on)
    this.transports.value = this.transports.value.map((known) =>
      known.id === id ? changed : known,
    )
  }

  async leave(roomId: string): Promise<void> {
    await this.api.rooms.leave(roomId)
    this.#roomStores.get(roomId)?.uploads.stop()
    this.#roomStores.delete(roomId)
    this.rooms.value = (this.rooms.value ?? []).filter((room) => room.id !== roomId)
    this.go(null)
  }

  renewStatus(): Promise<void> {
    return this.#loadStatus()
  }

  async lock(): Promise<void> {
    await this.#current()?.draft.flush()
    await this.api.owner.lock()
    this.dialog.value = null
    await this.#loadStatus()
  }

  async unlock(passphrase: string): Promise<void> {
    await this.api.owner.unlock(passphrase)
    await this.#loadStatus()
    this.retryNow()
  }

  /** Erases this person from this device, and from this browser. */
  async wipe(): Promise<void> {
    await this.api.owner.wipe()
    await this.#forget()
  }

  /** Tries at once what is waited for, and fetches what could not be had. */
  retryNow(): void {
    this.session.retryNow()
    this.#renew()
  }

  #current(): RoomStore | null {
    return this.roomId.value === null ? null : this.roomStore(this.roomId.value)
  }

  #take(event: NodeEvent): void {
    const here = 'roomId' in event.data && event.data.roomId === this.roomId.value
    const current = this.#current()
    switch (event.name) {
      case 'room':
        this.#roomsSoon()
        if (here) current?.onRoom()
        break
      case 'timeline':
        this.#roomsSoon()
        if (here) current?.onTimeline(event.data)
        break
      case 'delivery':
        if (here) current?.timeline.onDelivery()
        break
      case 'peers':
        this.#statusSoon()
        current?.membersSoon()
        break
      case 'transports':
        this.#statusSoon()
        break
      case 'people':
        this.owner.renew()
        this.#statusSoon()
        this.#roomsSoon()
        current?.renew()
        break
      case 'mirrors':
        this.mirrors.changed()
        break
      case 'pairing':
        this.owner.pairingSoon()
        break
      case 'files':
        if (here) current?.files.onFiles(event.data.files)
        break
      case 'wiped':
        void this.#forget()
        break
      case 'reset':
        this.#renew()
        break
    }
  }

  #renew(): void {
    this.#roomsSoon()
    this.#statusSoon()
    this.owner.renew()
    this.mirrors.changed()
    this.#current()?.renew()
  }

  async #forget(): Promise<void> {
    this.session.end()
    batch(() => {
      this.dialog.value = null
      this.roomId.value = null
      this.status.value = null
      this.rooms.value = null
      this.transports.value = []
    })
    this.search.clear()
    this.owner.clear()
    this.mirrors.clear()
    for (const store of this.#roomStores.values()) store.forget()
    this.#roomStores.clear()
    await eraseBrowser()
  }

  /** A node that is gone or locked has its own words; whatever else it says is shown. */
  async #tell(load: () => Promise<void>): Promise<void> {
    try {
      await load()
      this.failure.value = null
    } catch (error) {
      const known = error instanceof ApiFailure && [0, 401, 423].includes(error.status)
      if (!known) this.failure.value = sentence(error)
    }
  }

  async #loadRooms(): Promise<void> {
    const rooms = await this.api.rooms.list()
    if (this.session.phase.value !== 'wiped') this.rooms.value = rooms
  }

  async #loadStatus(): Promise<void> {
    const status = await this.api.status()
    const transports = status.locked ? [] : await this.api.transports()
    if (this.session.phase.value === 'wiped') return
    batch(() => {
      this.status.value = status
      this.transports.value = transports
      // Behind the lock nothing of the rooms stays in this tab.
      if (status.locked) this.#hideAll()
    })
  }

  #hideAll(): void {
    this.dialog.value = null
    this.rooms.value = null
    this.search.clear()
    this.owner.clear()
    this.mirrors.clear()
    for (const store of this.#roomStores.values()) store.end()
    this.#roomStores.clear()
    forgetSavedDrafts()
  }

  #readAddress(): void {
    const found = /^#\/room\/([^/]+)$/.exec(location.hash)
    this.roomId.value = found ? decodeURIComponent(found[1] ?? '') : null
  }
}
