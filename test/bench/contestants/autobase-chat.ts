import { createHash } from 'node:crypto'
import { monotonic, pause } from '../measure/timing.ts'
import { ChatAutobase, openBee, ReplicatingCorestore } from './autobase-types.ts'
import type { ChatBase, ReplicatingStore } from './autobase-types.ts'
import { chatText } from './chat-text.ts'

/** Autobase's own default interval is longer, and leaves more to reorder. */
const ACK_INTERVAL = 1_000
const POLL_MS = 5
const ALL = { gte: 'm/', lt: 'm0' }

/**
 * The chat that Porchlight could have been: one Autobase of everything, encrypted, its messages in a
 * Hyperbee by time. Without fast-forward, as a device that was fast-forwarded cannot pass history on.
 */
export class AutobaseChat {
  readonly store: ReplicatingStore
  readonly base: ChatBase
  readonly name: string

  private constructor(store: ReplicatingStore, base: ChatBase, name: string) {
    this.store = store
    this.base = base
    this.name = name
  }

  static async openStore(dir: string): Promise<ReplicatingStore> {
    const store = new ReplicatingCorestore(dir)
    await store.ready()
    return store
  }

  /** `key` is null for a new chat. */
  static async open(
    store: ReplicatingStore,
    key: string | null,
    name: string,
  ): Promise<AutobaseChat> {
    const base = new ChatAutobase(store, key === null ? null : Buffer.from(key, 'hex'), {
      open: (views) => openBee(views.get('view')),
      async apply(nodes, view, host) {
        const batch = view.batch({ update: false })
        for (const { value } of nodes) {
          if ('message' in value) await batch.put(value.message.key, value.message)
          else await host.addWriter(Buffer.from(value.add, 'hex'), { indexer: false })
        }
        await batch.flush()
      },
      valueEncoding: 'json',
      encryptionKey: Buffer.alloc(32, 9),
      fastForward: false,
      ackInterval: ACK_INTERVAL,
    })
    await base.ready()
    return new AutobaseChat(store, base, name)
  }

  /** How many messages the view has: a Hyperbee holds a header and an entry for each. */
  get count(): number {
    return Math.max(0, this.base.view.version - 1)
  }

  async addWriter(key: string): Promise<void> {
    await this.base.append({ add: key })
  }

  /** Writes messages `from` to `to` (not included) as one batch. */
  async write(from: number, to: number): Promise<void> {
    const now = Date.now()
    const numbers = Array.from({ length: to - from }, (_, i) => from + i)
    await this.base.append(numbers.map((n) => ({ message: this.#message(now, n) })))
  }

  /** Writes one message under a key of the caller's choice. */
  async send(key: string, n: number): Promise<void> {
    await this.base.append({ message: { ...this.#message(0, n), key } })
  }

  /** Resolves with the time at which the view has the message with this key. */
  seenAt(key: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        this.base.view.get(key).then((entry) => {
          if (entry === null) return
          this.base.off('update', look)
          resolve(monotonic())
        }, reject)
      }
      this.base.on('update', look)
      look()
    })
  }

  /** Resolves with the time at which the view has that many. */
  async shows(count: number): Promise<number> {
    for (;;) {
      await this.base.update()
      if (this.count >= count) return monotonic()
      await pause(POLL_MS)
    }
  }

  /** A hash over the keys of the whole view in its order, and how many there are. */
  async order(): Promise<{ hash: string; count: number }> {
    const hash = createHash('sha256')
    let count = 0
    for await (const { key } of this.base.view.createReadStream(ALL)) {
      hash.update(`${key}\n`)
      count++
    }
    return { hash: hash.digest('hex'), count }
  }

  async close(): Promise<void> {
    await this.base.close()
    await this.store.close()
  }

  #message(at: number, n: number): { key: string; from: string; text: string } {
    const number = String(n).padStart(9, '0')
    const key = `m/${String(at).padStart(15, '0')}/${number}/${this.name}`
    return { key, from: this.name, text: chatText(this.name, n) }
  }
}
