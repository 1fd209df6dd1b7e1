import { sleep } from '../../clock.ts'
import type { Clock } from '../../clock.ts'
import type { Connection } from '../../connection/connection.ts'
import { errorCode } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { MAX_NOTES } from '../copy.ts'
import type { LogHead } from '../copy.ts'
import { MAX_HEADS, MAX_ITEMS, MAX_SPANS } from './messages.ts'
import type { MirrorSenders } from './messages.ts'
import { short } from './shared-mirror.ts'
import type { SharedMirror } from './shared-mirror.ts'

/** Bytes of heads in one frame: it has to fit into that of a peer that knows nothing of this one. */
const FRAME = 40 * 1024
/** A log in a frame, its manifest and spans aside. */
const HEAD = 40
const SPAN = 16
/** How often a connection whose words are held back is looked at. */
const CORKED = 5

/** Says over one link what is here of the mirrors in common: all at first, then what changed. */
export class Teller {
  readonly #connection: Connection
  readonly #send: MirrorSenders
  readonly #clock: Clock
  readonly #logger: Logger
  /** Those being told; true when there was more since. */
  readonly #telling = new Map<SharedMirror, boolean>()

  constructor(
    connection: Connection,
    send: MirrorSenders,
    options: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#connection = connection
    this.#send = send
    this.#clock = options.clock
    this.#logger = options.logger
  }

  /** Tells what the other side may have and was not told. */
  async tell(mirror: SharedMirror): Promise<void> {
    if (this.#telling.has(mirror)) return void this.#telling.set(mirror, true)
    try {
      do {
        this.#telling.set(mirror, false)
        await this.#tell(mirror)
      } while (this.#telling.get(mirror) === true)
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
    if (kind === 'room' && mirror.theirs === 'held') await this.#items(mirror)
  }

  async #heads(mirror: SharedMirror, heads: readonly LogHead[]): Promise<void> {
    const { tag, told } = mirror
    let logs: LogHead[] = []
    let size = 0
    for (const head of heads) {
      const log = head.key.toString('hex')
      const blocks = head.spans.reduce((sum, { from, to }) => sum + to - from, 0)
      if (blocks === (told.get(log) ?? 0)) continue
      told.set(log, blocks)
      const spans = head.spans.length > MAX_SPANS ? head.spans.slice(0, MAX_SPANS) : head.spans
      const { key, manifest } = head
      const bytes = HEAD + manifest.byteLength + SPAN * spans.length
      if (logs.length === MAX_HEADS || size + bytes > FRAME) {
        await this.#free()
        if (!this.#send.heads.send({ tag, logs })) await this.#connection.drained()
        logs = []
        size = 0
      }
      logs.push({ key, manifest, spans })
      size += bytes
    }
    if (logs.length === 0) return
    await this.#free()
    if (!this.#send.heads.send({ tag, logs })) await this.#connection.drained()
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

  async #items(mirror: SharedMirror): Promise<void> {
    const { tag, toldItems, shared } = mirror
    const list = [...(await shared.copy.items())].filter(
      ({ root }) => !toldItems.has(root.toString('hex')),
    )
    for (let at = 0; at < list.length; at += MAX_ITEMS) {
      const some = list.slice(at, at + MAX_ITEMS)
      for (const { root } of some) toldItems.add(root.toString('hex'))
      await this.#free()
      if (!this.#send.items.send({ tag, list: some })) await this.#connection.drained()
    }
  }

  /** Held back, all would be gathered into one frame, too large for the peer. */
  async #free(): Promise<void> {
    while (this.#connection.mux.corked > 0 && !this.#connection.closed) {
      await sleep(this.#clock, CORKED)
    }
  }
}
