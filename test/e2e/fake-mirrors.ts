import { PorchlightError } from '../../core/errors.ts'
import type {
  CarryReport,
  HeldView,
  MirrorsApi,
  MirrorView,
  NodeView,
  SharingSettings,
} from '../../core/mirror/api.ts'

const NOTHING = { records: 0, files: 0, bytes: 0 }

/** Blind peers in memory that change only when a test says so: for the tests of what stands in front of an engine. */
export class FakeMirrors implements MirrorsApi {
  settings: SharingSettings = {
    neighbourhood: false,
    quota: 1 << 30,
    carry: true,
    carryQuota: 256 << 20,
    relay: true,
  }
  holding: HeldView = {
    mirrors: 0,
    depositors: 0,
    bytes: 0,
    carried: { mirrors: 0, bytes: 0 },
  }
  report: Omit<CarryReport, 'dir'> = {
    rooms: 0,
    mirrors: 0,
    read: NOTHING,
    written: NOTHING,
    problems: [],
  }
  readonly carriedTo: string[] = []
  readonly dropped: string[] = []
  readonly #onchange: () => void
  #nodes: NodeView[] = []
  #mirrors: MirrorView[] = []

  constructor(onchange: () => void) {
    this.#onchange = onchange
  }

  nodes(): readonly NodeView[] {
    return this.#nodes
  }

  list(room?: string): readonly MirrorView[] {
    return this.#mirrors.filter((mirror) => room === undefined || mirror.room === room)
  }

  async add(room: string, node: string): Promise<MirrorView> {
    const known = this.#nodes.find(({ id, name }) => id.startsWith(node) || name === node)
    if (!known) throw new PorchlightError('NOT_FOUND', 'No node in reach is called so.')
    const view: MirrorView = {
      room,
      node: known.id,
      name: known.name,
      state: 'storing',
      behind: 3,
      bytes: null,
      until: null,
      seen: null,
      by: 'e'.repeat(64),
    }
    this.#mirrors.push(view)
    this.#onchange()
    return view
  }

  async remove(room: string, node: string): Promise<void> {
    this.#mirrors = this.#mirrors.filter((mirror) => mirror.room !== room || mirror.node !== node)
    this.#onchange()
  }

  held(): HeldView {
    return this.holding
  }

  async drop(what: 'carried' | 'all'): Promise<void> {
    this.dropped.push(what)
    this.holding = { ...this.holding, mirrors: 0, bytes: 0, carried: { mirrors: 0, bytes: 0 } }
  }

  async setSettings(change: Partial<SharingSettings>): Promise<SharingSettings> {
    this.settings = { ...this.settings, ...change }
    this.#onchange()
    return this.settings
  }

  async carry(dir: string): Promise<CarryReport> {
    this.carriedTo.push(dir)
    return { dir, ...this.report }
  }

  /** A node comes into reach. */
  offer(node: Partial<NodeView> & Pick<NodeView, 'id' | 'name'>): void {
    this.#nodes.push({
      transport: 'lan',
      free: 1e9,
      relays: false,
      paired: false,
      rooms: [],
      ...node,
    })
    this.#onchange()
  }

  /** What a room's blind peer says of itself changes. */
  change(node: string, change: Partial<MirrorView>): void {
    this.#mirrors = this.#mirrors.map((mirror) =>
      mirror.node === node ? { ...mirror, ...change } : mirror,
    )
    this.#onchange()
  }
}
