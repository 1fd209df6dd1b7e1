import { batch, signal } from '@preact/signals'
import type { MirrorsClient } from '../api/mirrors-client.ts'
import type {
  HeldView,
  MirrorView,
  NodeView,
  SharingRequest,
  SharingSettings,
} from '../api/views.ts'
import { coalesced } from './coalesced.ts'

/** Nodes that keep rooms, and what this one does for others: kept true while something shows it. */
export class MirrorsStore {
  readonly nodes = signal<readonly NodeView[]>([])
  readonly mirrors = signal<readonly MirrorView[] | null>(null)
  readonly held = signal<HeldView | null>(null)
  readonly sharing = signal<SharingSettings | null>(null)
  readonly #api: MirrorsClient
  #watchers = 0
  /** Says when the answers that are shown were asked for: an older one must not replace a newer. */
  #asked = 0
  readonly #soon = coalesced(300, () => this.load())

  constructor(api: MirrorsClient) {
    this.#api = api
  }

  /** Begins to follow what changes; returns what ends it. */
  watch(): () => void {
    this.#watchers++
    return () => void this.#watchers--
  }

  /** The node says that something changed. */
  changed(): void {
    if (this.#watchers > 0) this.#soon()
  }

  async load(): Promise<void> {
    const asked = ++this.#asked
    const [nodes, mirrors, held, sharing] = await Promise.all([
      this.#api.nodes(),
      this.#api.list(),
      this.#api.held(),
      this.#api.sharing(),
    ])
    if (asked !== this.#asked) return
    batch(() => {
      this.nodes.value = nodes
      this.mirrors.value = mirrors
      this.held.value = held
      this.sharing.value = sharing
    })
  }

  async add(room: string, node: string): Promise<void> {
    await this.#api.add(room, node)
    await this.load()
  }

  async remove(room: string, node: string): Promise<void> {
    await this.#api.remove(room, node)
    await this.load()
  }

  async share(change: SharingRequest): Promise<void> {
    await this.#api.setSharing(change)
    await this.load()
  }

  async dropCarried(): Promise<void> {
    await this.#api.dropCarried()
    await this.load()
  }

  clear(): void {
    this.#asked++
    batch(() => {
      this.nodes.value = []
      this.mirrors.value = null
      this.held.value = null
      this.sharing.value = null
    })
  }
}
