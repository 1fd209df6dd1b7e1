import { join } from 'node:path'
import type { EngineApi, MessageView } from '../../core/api.ts'
import type { Clock } from '../../core/clock.ts'
import type { SprayLimits } from '../../core/mirror/carry/spray.ts'
import { openEngine } from '../../core/engine.ts'
import { silentLogger } from '../../core/logger.ts'
import type { Random } from '../../core/random.ts'
import { LIMITS } from '../../core/room/allowance.ts'
import type { AllowanceLimits } from '../../core/room/allowance.ts'
import type {
  MemoryNetwork,
  MemoryTransport,
  MemoryTransportOptions,
} from '../../transports/memory/index.ts'

export interface SimNodeOptions {
  readonly name: string
  readonly dir: string
  readonly clock: Clock
  readonly random: Random
  readonly network: MemoryNetwork
  readonly transports: readonly MemoryTransportOptions[]
  readonly limits?: AllowanceLimits | undefined
  readonly spray?: SprayLimits | undefined
}

/** One simulated device: a real engine, which can be stopped and started again on its own data. */
export class SimNode {
  readonly name: string
  readonly transports = new Map<string, MemoryTransport>()
  /** What it was told is saved: message id → text. */
  readonly acknowledged = new Map<string, string>()
  /** Ids of messages that its person has read. */
  readonly seen = new Set<string>()
  readonly #options: SimNodeOptions
  #engine: EngineApi | null = null

  constructor(options: SimNodeOptions) {
    this.#options = options
    this.name = options.name
  }

  get running(): boolean {
    return this.#engine !== null
  }

  get engine(): EngineApi {
    if (!this.#engine) throw new Error(`${this.name} is not running`)
    return this.#engine
  }

  /** Its data directory. */
  get dir(): string {
    return join(this.#options.dir, this.name)
  }

  async start(): Promise<void> {
    const { name, clock, random, network, transports, limits = LIMITS, spray } = this.#options
    const engine = await openEngine({
      dir: this.dir,
      name,
      clock,
      random,
      limits,
      ...(spray && { spray }),
      logger: silentLogger,
    })
    this.#engine = engine
    for (const options of transports) {
      const transport = network.transport(name, options)
      this.transports.set(transport.id, transport)
      engine.addTransport(transport)
      await engine.switchTransport(transport.id, true)
    }
  }

  async stop(): Promise<void> {
    const engine = this.#engine
    this.#engine = null
    await engine?.close()
  }

  async send(room: string, text: string): Promise<MessageView> {
    const message = await this.engine.send(room, text)
    this.acknowledged.set(message.id, text)
    return message
  }

  /** Its person reads all that is shown. */
  async readAll(room: string): Promise<void> {
    const last = (await this.messages(room)).at(-1)
    if (!last) return
    // Before it is told to anyone, and once more: what arrived meanwhile was shown meanwhile.
    const note = async (): Promise<void> => {
      for (const { id } of await this.messages(room)) this.seen.add(id)
    }
    await note()
    await this.engine.markRead(room, last.id)
    await note()
  }

  /** Every message it shows, in its order. */
  async messages(room: string): Promise<MessageView[]> {
    const pages: (readonly MessageView[])[] = []
    for (let before: string | undefined; ;) {
      const page = await this.engine.messages(room, { limit: 500, ...(before && { before }) })
      pages.unshift(page.messages)
      before = page.messages[0]?.id
      if (!page.more || before === undefined) return pages.flat()
    }
  }
}
