import { sleep } from '../../clock.ts'
import type { Clock } from '../../clock.ts'
import type { Connection } from '../../connection/connection.ts'
import { errorCode } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { MAX_NOTES } from '../copy.ts'
import type { ItemName, LogHead } from '../copy.ts'
import { listChange, MAX_LISTED, partsOf } from '../items/item-lists.ts'
import { KEEPING } from '../items/keeping.ts'
import type { Keeping } from '../items/keeping.ts'
import type { CopyVersions } from './log-versions.ts'
import { MAX_HEADS, MAX_ITEMS, MAX_SPANS } from './messages.ts'
import type { MirrorSenders } from './messages.ts'
import type { Lister } from './shared-copy.ts'
import { short } from './shared-mirror.ts'
import type { SharedMirror } from './shared-mirror.ts'

/** Bytes of heads in one frame: it has to fit into that of a peer that knows nothing of this one. */
const FRAME = 40 * 1024
/** A log in a frame, its manifest and spans aside. */
const HEAD = 40
const SPAN = 16
/** Over a narrow link what grew meanwhile is told together, so many ms later. */
const NARROW_PAUSE = 1_000
/** How often a connection whose words are held back is looked at. */
const CORKED = 5

/** Says over one link what is here of the mirrors in common: all at first, then what changed. */
export class Teller {
  readonly #connection: Connection
  readonly #send: MirrorSenders
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #versions: CopyVersions
  readonly #lister: (mirror: SharedMirror) => Lister | null
  /** Those being told; true when there was more since. */
  readonly #telling = new Map<SharedMirror, boolean>()

  constructor(
    connection: Connection,
    send: MirrorSenders,
    options: {
      readonly clock: Clock
      readonly logger: Logger
      readonly versions: CopyVersions
      /** As who the other side says which items of a mirror are to be kept. */
      readonly lister: (mirror: SharedMirror) => Lister | null
    },
  ) {
    this.#connection = connection
    this.#send = send
    this.#clock = options.clock
    this.#logger = options.logger
    this.#versions = options.versions
    this.#lister = options.lister
  }

  /** Tells what the other side may have and was not told. */
  async tell(mirror: SharedMirror): Promise<void> {
    if (this.#telling.has(mirror)) return void this.#telling.set(mirror, true)
    try {
      do {
        this.#telling.set(mirror, false)
        await this.#tell(mirror)
        if (this.#connection.narrow) await sleep(this.#clock, NARROW_PAUSE)
      } while (this.#telling.get(mirror) === true && !this.#connection.closed)
    } catch (error) {
      this.#logger.warn('mirror-tell', { code: errorCode(error) })
    } finally {
      this.#telling.delete(mirror)
    }
  }

  async #tell(mirror: SharedMirror): Promise<void> {
    if (!mirror.flow.gives) return
    const { copy, kind, scope } = mirror.shared
    await this.#heads(mirror, await copy.heads())
    if (scope !== 'mirror') return
    await this.#notes(mirror, await copy.notes())
    const { guard } = mirror.shared
    if (mirror.theirs === 'held' && guard) await this.#items(mirror, guard.listed())
    // Before it took the deposit, it does not listen to what is to be kept.
    if (kind === 'room' && mirror.kept?.refused === null) {
      await this.#items(mirror, await copy.items())
    }
    const lister = this.#lister(mirror)
    if (guard && lister) await this.#keeping(mirror, guard.keeping(lister))
  }

  async #heads(mirror: SharedMirror, heads: readonly LogHead[]): Promise<void> {
    const { tag, shared } = mirror
    const versions = this.#versions.of(shared.copy)
    const news = versions.news(heads, mirror.told)
    mirror.told = versions.last
    let logs: LogHead[] = []
    let size = 0
    for (const head of news) {
      const spans = head.spans.length > MAX_SPANS ? head.spans.slice(0, MAX_SPANS) : head.spans
      const { key, manifest } = head
      const bytes = HEAD + manifest.byteLength + SPAN * spans.length
      if (logs.length === MAX_HEADS || size + bytes > FRAME) {
        await this.#free()
        this.#send.heads.send({ tag, logs })
        await this.#connection.drained()
        logs = []
        size = 0
      }
      logs.push({ key, manifest, spans })
      size += bytes
    }
    if (logs.length === 0) return
    await this.#free()
    this.#send.heads.send({ tag, logs })
    await this.#connection.drained()
  }

  async #notes(mirror: SharedMirror, notes: readonly Buffer[]): Promise<void> {
    const statements = notes
      .filter((statement) => !mirror.toldNotes.has(short(statement)))
      .slice(0, MAX_NOTES)
    if (statements.length === 0) return
    for (const statement of statements) mirror.noted(statement)
    await this.#free()
    this.#send.notes.send({ tag: mirror.tag, statements })
  }

  async #items(mirror: SharedMirror, items: readonly ItemName[] | null): Promise<void> {
    const change = items && listChange(mirror.toldItems, items)
    if (!change) return
    mirror.toldItems = new Set(items.slice(0, MAX_LISTED).map(({ root }) => root.toString('hex')))
    for (const root of change.gone) mirror.keeping.delete(root)
    for (const part of partsOf(change, MAX_ITEMS)) {
      await this.#free()
      this.#send.items.send({ tag: mirror.tag, ...part })
      await this.#connection.drained()
    }
  }

  async #keeping(
    { tag, toldKeeping }: SharedMirror,
    keeping: Iterable<readonly [root: string, keeping: Keeping]>,
  ): Promise<void> {
    const now = new Map(keeping)
    for (const root of toldKeeping.keys()) if (!now.has(root)) toldKeeping.delete(root)
    const news = [...now].filter(([root, state]) => (toldKeeping.get(root) ?? 'waiting') !== state)
    for (const [root, state] of news) toldKeeping.set(root, state)
    for (let at = 0; at < news.length; at += MAX_ITEMS) {
      const list = news.slice(at, at + MAX_ITEMS).map(([root, state]) => {
        return { root: Buffer.from(root, 'hex'), state: KEEPING.indexOf(state) }
      })
      await this.#free()
      this.#send.kept.send({ tag, list })
      await this.#connection.drained()
    }
  }

  /** Held back, all would be gathered into one frame, too large for the peer. */
  async #free(): Promise<void> {
    while (this.#connection.mux.corked > 0 && !this.#connection.closed) {
      await sleep(this.#clock, CORKED)
    }
  }
}
