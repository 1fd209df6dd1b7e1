import { createHash } from 'node:crypto'
import type { EngineApi } from '../../../core/api.ts'
import { systemClock } from '../../../core/clock.ts'
import { openEngine } from '../../../core/engine.ts'
import { silentLogger } from '../../../core/logger.ts'
import { systemRandom } from '../../../core/random.ts'
import type { Transport } from '../../../core/transport.ts'
import { monotonic } from '../measure/timing.ts'
import { chatText } from './chat-text.ts'

const PAGE = 500

/** An engine in one room, as the benchmarks use it. */
export class PorchlightNode {
  readonly engine: EngineApi
  readonly transport: Transport
  readonly name: string
  readonly #seenAt = new Map<string, number>()

  private constructor(engine: EngineApi, transport: Transport, name: string) {
    this.engine = engine
    this.transport = transport
    this.name = name
    engine.on('timeline', ({ messages }) => {
      for (const { text } of messages) this.#seenAt.set(text, monotonic())
    })
  }

  /** Opens the data directory over a transport, and starts that. */
  static async open(dir: string, name: string, transport: Transport): Promise<PorchlightNode> {
    const shared = { clock: systemClock, random: systemRandom, logger: silentLogger }
    const engine = await openEngine({ dir, name, ...shared })
    engine.addTransport(transport)
    await engine.switchTransport(transport.id, true)
    return new PorchlightNode(engine, transport, name)
  }

  /** The one room. */
  get room(): string {
    return this.engine.rooms()[0]!.id
  }

  /** How many messages its timeline shows. */
  get count(): number {
    return this.engine.rooms()[0]?.messages ?? 0
  }

  /** When a message came into the timeline; that of a message that is there already is not known. */
  async seenAt(text: string): Promise<number> {
    await this.#once(() => this.#seenAt.has(text))
    return this.#seenAt.get(text)!
  }

  /** Resolves with the time at which the timeline shows that many. */
  async shows(count: number): Promise<number> {
    await this.#once(() => this.count >= count)
    return monotonic()
  }

  /** Writes messages `from` to `to` (not included), all at once. */
  async write(from: number, to: number): Promise<void> {
    const texts = Array.from({ length: to - from }, (_, i) => chatText(this.name, from + i))
    const { room } = this
    await Promise.all(texts.map((text) => this.engine.send(room, text)))
  }

  /** A hash over the ids of the whole timeline in its order, and how many there are. */
  async order(): Promise<{ hash: string; count: number }> {
    const pages: string[] = []
    let before: string | undefined
    let count = 0
    for (;;) {
      const options = { limit: PAGE, ...(before !== undefined && { before }) }
      const { messages, more } = await this.engine.messages(this.room, options)
      pages.push(messages.map(({ id }) => id).join('\n'))
      count += messages.length
      if (!more) break
      before = messages[0]!.id
    }
    const hash = createHash('sha256').update(pages.toReversed().join('\n')).digest('hex')
    return { hash, count }
  }

  #once(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return
        this.engine.off('timeline', check)
        resolve()
      }
      this.engine.on('timeline', check)
    })
  }
}
