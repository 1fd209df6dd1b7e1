import type Corestore from 'corestore'
import type Hypercore from 'hypercore'
import type Protomux from 'protomux'
import { NarrowStream } from '../connection/narrow-stream.ts'
import { tellLengths } from '../replication/length-news.ts'

/** How far a control log is known: 32-byte key of its core, entries. */
export interface ControlHead {
  readonly key: Buffer
  readonly length: number
}

/** What holding writers' cores open needs. */
export interface ControlCoresOptions {
  /** A namespace of the store that is this room's alone. */
  readonly store: Corestore
  /** One of them grew. */
  readonly onappend: () => void
}

/** The cores of a control log's writers, as they are stored (sealed), and the muxes on which they replicate. */
export class ControlCores {
  readonly #options: ControlCoresOptions
  readonly #cores = new Map<string, Hypercore>()
  readonly #muxes = new Set<Protomux>()
  /** Muxes that are held back. */
  #held: Set<Protomux> | null = null
  #closed = false

  constructor(options: ControlCoresOptions) {
    this.#options = options
  }

  /** The core of a writer (hex) that was opened. */
  get(hex: string): Hypercore | undefined {
    return this.#cores.get(hex)
  }

  /** Those that are open. */
  all(): readonly Hypercore[] {
    return this.#opened
  }

  /** How far each core is known here. */
  heads(): ControlHead[] {
    return this.#opened.map((core) => ({ key: core.key, length: core.length }))
  }

  /** Opens a writer's core, so that it can be served and fetched whole. */
  async open(hex: string): Promise<void> {
    if (this.#cores.has(hex) || this.#closed) return
    const core = this.#options.store.get({ key: Buffer.from(hex, 'hex'), active: true })
    this.#cores.set(hex, core)
    await core.ready()
    tellLengths(core)
    core.download({ start: 0, end: -1 })
    core.on('append', this.#options.onappend)
    for (const mux of this.#muxes) replicate(core, mux)
  }

  /** Opens those of all writers; true when one of them is new. */
  async openAll(writers: Iterable<string>): Promise<boolean> {
    const before = this.#cores.size
    await Promise.all([...writers].map((writer) => this.open(writer)))
    return this.#cores.size > before
  }

  /** Replicates on `mux` from now on (idempotent). */
  attach(mux: Protomux): void {
    if (this.#muxes.has(mux)) return
    this.#muxes.add(mux)
    if (this.#held) {
      this.#held.add(mux)
      mux.cork()
    }
    mux.stream.once('close', () => this.#muxes.delete(mux))
    for (const core of this.#opened) replicate(core, mux)
  }

  /** True while all that leaves is held back. */
  get holding(): boolean {
    return this.#held !== null
  }

  /** Holds back what leaves on the muxes, and on those attached meanwhile, until `release`. */
  hold(): void {
    this.#held = new Set(this.#muxes)
    for (const mux of this.#held) mux.cork()
  }

  /** Lets out what was held back; where it must not leave (`lost`), the connections go with what they hold. */
  release(lost: boolean): void {
    const held = this.#held ?? []
    this.#held = null
    for (const mux of held) {
      if (lost) mux.destroy()
      if (!mux.stream.destroyed) mux.uncork()
    }
  }

  /** Nothing is opened any more. */
  stop(): void {
    this.#closed = true
  }

  async close(): Promise<void> {
    this.stop()
    await Promise.all([...this.#cores.values()].map((core) => core.close()))
  }

  /** One that is still being opened joins the muxes when it is. */
  get #opened(): Hypercore[] {
    return [...this.#cores.values()].filter((core) => core.opened)
  }
}

/** Who is in and may do what goes before what they write. */
function replicate(core: Hypercore, mux: Protomux): void {
  if (mux.stream instanceof NarrowStream) mux.stream.urgencies.hurry(core)
  core.replicate(mux)
}
