import { batch, computed, effect, signal } from '@preact/signals'
import type { RoomView, Status, TransportView } from '../../../node-app/api/schemas.ts'
import { ApiFailure, sentence } from '../api/api-failure.ts'
import { ApiClient } from '../api/client.ts'
import { EventStream, type NodeEvent } from '../api/event-stream.ts'
import { loadToken, saveToken, takeCode } from '../api/session.ts'
import { coalesced } from './coalesced.ts'
import { RoomStore } from './room-store.ts'

export type DialogName =
  'create' | 'join' | 'near' | 'you' | 'health' | 'invite' | 'members' | 'leave'

/** A cut shorter than this is not worth a banner. */
const BLINK_MS = 1_200

/** Everything the page shows, kept true by the node's events. */
export class AppStore {
  readonly phase = signal<'starting' | 'signed-out' | 'signed-in'>('starting')
  readonly link = signal<'connecting' | 'live' | 'lost'>('connecting')
  readonly status = signal<Status | null>(null)
  readonly rooms = signal<readonly RoomView[] | null>(null)
  readonly transports = signal<readonly TransportView[]>([])
  readonly roomId = signal<string | null>(null)
  readonly dialog = signal<DialogName | null>(null)
  /** What the node said instead of its rooms or its state. */
  readonly failure = signal<string | null>(null)
  /** Why the last link did not sign this tab in. */
  readonly signInFailure = signal<string | null>(null)

  readonly room = computed(
    () => this.rooms.value?.find((room) => room.id === this.roomId.value) ?? null,
  )
  readonly unread = computed(() =>
    (this.rooms.value ?? []).reduce((sum, room) => sum + room.unread, 0),
  )

  readonly api: ApiClient
  readonly #roomStores = new Map<string, RoomStore>()
  #token: string | null = null
  #stream: EventStream | null = null
  #blink: ReturnType<typeof setTimeout> | undefined

  readonly #roomsSoon = coalesced(80, () => this.#tell(() => this.#loadRooms()))
  readonly #statusSoon = coalesced(200, () => this.#tell(() => this.#loadStatus()))

  constructor() {
    this.api = new ApiClient({ token: () => this.#token, onSignedOut: () => this.#signedOut() })
  }

  /** Takes over the tab: its address, its title, its focus. */
  start(): void {
    const code = takeCode()
    this.#readAddress()
    addEventListener('hashchange', () => {
      const fresh = takeCode()
      if (fresh !== null) void this.signIn(fresh)
      else this.#readAddress()
    })
    for (const event of ['focus', 'online']) addEventListener(event, () => this.#stream?.retryNow())
    effect(() => {
      const unread = this.unread.value
      document.title = `${unread > 0 ? `(${unread}) ` : ''}${this.room.value?.name ?? 'Porchlight'}`
    })
    if (code !== null) void this.signIn(code)
    else this.#enter(loadToken())
  }

  async signIn(code: string): Promise<void> {
    this.signInFailure.value = null
    try {
      const { token } = await this.api.session(code)
      saveToken(token)
      this.#enter(token)
    } catch (error) {
      // A stale link in a tab that is signed in does no harm.
      const token = this.#token ?? loadToken()
      if (token !== null && error instanceof ApiFailure && error.status === 401) {
        this.#enter(token)
        return
      }
      batch(() => {
        this.signInFailure.value = sentence(error)
        this.phase.value = 'signed-out'
      })
    }
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

  /** Puts a room the node just answered with in the list, before its events come round. */
  adopt(room: RoomView): void {
    const others = (this.rooms.value ?? []).filter((known) => known.id !== room.id)
    this.rooms.value = [...others, room]
    this.go(room.id)
    this.#roomsSoon()
  }

  async setName(name: string): Promise<void> {
    await this.api.setName(name)
    await this.#loadStatus()
  }

  async switchTransport(id: string, on: boolean): Promise<void> {
    const changed = await this.api.switchTransport(id, on)
    this.transports.value = this.transports.value.map((known) =>
      known.id === id ? changed : known,
    )
  }

  async leave(roomId: string): Promise<void> {
    await this.api.leave(roomId)
    this.#roomStores.delete(roomId)
    this.rooms.value = (this.rooms.value ?? []).filter((room) => room.id !== roomId)
    this.go(null)
  }

  /** Tries at once what is waited for, and fetches what could not be had. */
  retryNow(): void {
    this.#stream?.retryNow()
    this.#renew()
  }

  #enter(token: string | null): void {
    this.#stream?.close()
    this.#token = token
    if (token === null) {
      this.phase.value = 'signed-out'
      return
    }
    batch(() => {
      this.phase.value = 'signed-in'
      this.link.value = 'connecting'
      this.signInFailure.value = null
    })
    let first = true
    this.#stream = new EventStream({
      open: (lastEventId, signal) => this.api.events(lastEventId, signal),
      onEvent: (event) => this.#take(event),
      onLive: (missed) => {
        clearTimeout(this.#blink)
        this.link.value = 'live'
        if (first || missed) this.#renew()
        first = false
      },
      onLost: () => {
        clearTimeout(this.#blink)
        if (this.link.value === 'lost') return
        this.#blink = setTimeout(() => {
          this.link.value = 'lost'
        }, BLINK_MS)
      },
    })
  }

  #signedOut(): void {
    this.#stream?.close()
    this.#token = null
    clearTimeout(this.#blink)
    saveToken(null)
    batch(() => {
      this.dialog.value = null
      this.phase.value = 'signed-out'
    })
  }

  #take(event: NodeEvent): void {
    switch (event.name) {
      case 'room':
        this.#roomsSoon()
        if (event.data.roomId === this.roomId.value) this.roomStore(event.data.roomId).membersSoon()
        break
      case 'timeline':
        this.#roomsSoon()
        if (event.data.roomId === this.roomId.value)
          this.roomStore(event.data.roomId).onTimeline(event.data)
        break
      case 'delivery':
        if (event.data.roomId === this.roomId.value) this.roomStore(event.data.roomId).onDelivery()
        break
      case 'peers':
        this.#statusSoon()
        if (this.roomId.value !== null) this.roomStore(this.roomId.value).membersSoon()
        break
      case 'transports':
        this.#statusSoon()
        break
      case 'reset':
        this.#renew()
        break
    }
  }

  #renew(): void {
    this.#roomsSoon()
    this.#statusSoon()
    if (this.roomId.value !== null) this.roomStore(this.roomId.value).renew()
  }

  /** A node that is gone has its own banner; whatever else it says is shown. */
  async #tell(load: () => Promise<void>): Promise<void> {
    try {
      await load()
      this.failure.value = null
    } catch (error) {
      const gone = error instanceof ApiFailure && (error.status === 0 || error.status === 401)
      if (!gone) this.failure.value = sentence(error)
    }
  }

  async #loadRooms(): Promise<void> {
    this.rooms.value = await this.api.rooms()
  }

  async #loadStatus(): Promise<void> {
    const [status, transports] = await Promise.all([this.api.status(), this.api.transports()])
    batch(() => {
      this.status.value = status
      this.transports.value = transports
    })
  }

  #readAddress(): void {
    const found = /^#\/room\/([^/]+)$/.exec(location.hash)
    this.roomId.value = found ? decodeURIComponent(found[1] ?? '') : null
  }
}
