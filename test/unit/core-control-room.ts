import type { ApplyHost } from 'autobase'
import type Hyperbee from 'hyperbee'
import type { Entry } from 'hyperbee'
import { applier } from '../../core/control/apply.ts'
import { EntryCache } from '../../core/control/entry-cache.ts'
import { EntryReader } from '../../core/control/entry-reader.ts'
import { encodeOperation } from '../../core/control/operation.ts'
import type { Operation } from '../../core/control/operation.ts'
import type { RoomState } from '../../core/control/room-state.ts'
import { ROOM } from './core-people.ts'

/** A control log's view and host in memory: only what `apply` and the reader call. */
export class Room {
  readonly #entries = new Map<string, string>()
  readonly #lengths = new Map<string, number>()
  #heads: { key: Buffer; length: number }[] = []
  #version = 1
  readonly writers: string[] = []
  readonly #host = {
    key: ROOM,
    addWriter: async (key: Buffer) => void this.writers.push(key.toString('hex')),
  } as unknown as ApplyHost
  readonly #view = this.#fake()
  #apply = applier(new EntryCache())

  /** `writer` is the key of the control log that holds the entry; its author knew all before, or just these. */
  async take(
    writer: Buffer,
    entry: Operation | Buffer,
    heads: { key: Buffer; length: number }[] = this.#heads,
  ): Promise<this> {
    const value = Buffer.isBuffer(entry) ? entry : encodeOperation(entry)
    const hex = writer.toString('hex')
    const length = (this.#lengths.get(hex) ?? 0) + 1
    this.#lengths.set(hex, length)
    await this.#apply([{ value, length, from: { key: writer }, heads }], this.#view, this.#host)
    this.#heads = [{ key: writer, length }]
    return this
  }

  async state(): Promise<RoomState> {
    const reader = new EntryReader()
    await reader.read(this.#view)
    return reader.state()
  }

  /** What the view holds under a key. */
  stored(key: string): unknown {
    const value = this.#entries.get(key)
    return value === undefined ? null : (JSON.parse(value) as unknown)
  }

  /** Remembers the view as it is; what is returned brings it back, as a merge does that reorders entries. */
  mark(): () => void {
    const before = [new Map(this.#entries), new Map(this.#lengths)] as const
    const [version, heads, writers] = [this.#version, this.#heads, this.writers.length]
    return () => {
      this.#entries.clear()
      for (const [key, value] of before[0]) this.#entries.set(key, value)
      this.#lengths.clear()
      for (const [key, value] of before[1]) this.#lengths.set(key, value)
      this.#version = version
      this.#heads = heads
      this.writers.length = writers
    }
  }

  /** The program is started again over the same view. */
  restart(): void {
    this.#apply = applier(new EntryCache())
  }

  /** Everything that was kept, as text. */
  dump(): string {
    return JSON.stringify([[...this.#entries], this.writers])
  }

  #fake(): Hyperbee {
    const version = (): number => this.#version
    const entries = this.#entries
    const read = (key: string): Entry | null => {
      const stored = entries.get(key)
      return stored === undefined ? null : { key, value: JSON.parse(stored) as unknown }
    }
    return {
      core: { fork: 0 },
      get version() {
        return version()
      },
      get: async (key: string) => read(key),
      put: async (key: string, value: unknown) => {
        this.#version++
        entries.set(key, JSON.stringify(value))
      },
      createReadStream: async function* ({ gte, lt }: { gte: string; lt: string }) {
        for (const key of [...entries.keys()].sort()) if (key >= gte && key < lt) yield read(key)!
      },
    } as unknown as Hyperbee
  }
}
