import { MAX_MIRROR_LOGS, MAX_NOTES } from '../../core/mirror/copy.ts'
import type { Copy, ItemName, LogHead, LogRange, Span, Stored } from '../../core/mirror/copy.ts'
import type { Shelf, ShelfMirror } from '../../core/mirror/holder/shelf.ts'
import { cutFront, joinRanges } from '../../core/mirror/range/cut.ts'
import { proveRange, sizeOf } from '../../core/mirror/range/prove.ts'
import type { SignedLog } from './core-signed-logs.ts'

/** A copy in memory, which checks what it takes in as any copy does. */
export class MemoryCopy implements Copy, ShelfMirror {
  readonly id: string
  readonly kind: 'mirror' | 'carry'
  /** Each log's ranges in their order, none overlapping another. */
  readonly logs = new Map<string, LogRange[]>()
  readonly statements: Buffer[] = []
  readonly wanted: ItemName[] = []
  readonly #watchers = new Set<() => void>()
  #about: Buffer = Buffer.alloc(0)
  /** Logs (hex) that it takes; null for any. */
  knows: Set<string> | null = null
  /** Ranges that were read. */
  reads = 0

  constructor(id: string, kind: 'mirror' | 'carry' = 'mirror') {
    this.id = id
    this.kind = kind
  }

  get watchers(): number {
    return this.#watchers.size
  }

  get bytes(): number {
    let bytes = 0
    for (const ranges of this.logs.values()) {
      for (const { blocks } of ranges) bytes += sizeOf(blocks)
    }
    return bytes
  }

  /** All that its author has of a log. */
  add(log: SignedLog, to = log.blocks.length): void {
    const hex = log.key.toString('hex')
    const from = this.end(log)
    if (to <= from) return
    this.logs.set(hex, [...(this.logs.get(hex) ?? []), log.range(from, to)])
    this.changed()
  }

  /** How much of a log is here. */
  end(log: SignedLog): number {
    return this.#spans(log.key.toString('hex')).at(-1)?.to ?? 0
  }

  changed(): void {
    for (const watcher of this.#watchers) watcher()
  }

  async heads(): Promise<readonly LogHead[]> {
    return [...this.logs].map(([hex, [first]]) => ({
      key: first!.key,
      manifest: first!.manifest,
      spans: this.#spans(hex),
    }))
  }

  async read(key: Buffer, from: number, max: number): Promise<LogRange | null> {
    this.reads++
    const out: LogRange[] = []
    let size = 0
    for (const range of this.logs.get(key.toString('hex')) ?? []) {
      const at = from + out.reduce((sum, { blocks }) => sum + blocks.length, 0)
      const rest = range.from <= at ? cutFront(range, at) : null
      size += rest ? sizeOf(rest.blocks) : 0
      if (rest && size <= max) out.push(rest)
    }
    return out.length > 0 ? joinRanges(out) : null
  }

  async wants({ key, spans }: LogHead): Promise<number | null> {
    const ours = this.#spans(key.toString('hex'))
    if (this.knows?.has(key.toString('hex')) === false) return null
    if (ours.length === 0 && this.logs.size >= MAX_MIRROR_LOGS) return null
    for (const { from, to } of spans) {
      const within = ours.find((one) => one.from <= from && from <= one.to)
      const missing = within ? within.to : from
      if (missing < to) return missing
    }
    return null
  }

  async store(
    range: LogRange,
    admits: (range: LogRange, bytes: number, fresh: boolean) => boolean = () => true,
  ): Promise<Stored> {
    if (!proveRange(range)) return 'refused'
    const hex = range.key.toString('hex')
    const ranges = this.logs.get(hex) ?? []
    const end = this.#spans(hex).at(-1)?.to ?? 0
    const rest = range.from <= end ? cutFront(range, end) : range
    if (!rest) return 'known'
    if (!admits(rest, sizeOf(rest.blocks), ranges.length === 0)) return 'full'
    this.logs.set(hex, [...ranges, rest])
    this.changed()
    return 'stored'
  }

  async notes(): Promise<readonly Buffer[]> {
    return this.statements
  }

  async note(statements: readonly Buffer[]): Promise<void> {
    for (const one of statements) {
      if (this.statements.length >= MAX_NOTES) break
      if (!this.statements.some((known) => known.equals(one))) this.statements.push(one)
    }
    this.changed()
  }

  async dropNotes(statements: readonly Buffer[]): Promise<void> {
    for (const one of statements) {
      const at = this.statements.findIndex((known) => known.equals(one))
      if (at >= 0) this.statements.splice(at, 1)
    }
  }

  async dropLog(key: Buffer): Promise<void> {
    this.logs.delete(key.toString('hex'))
    this.changed()
  }

  async items(): Promise<readonly ItemName[]> {
    return this.wanted
  }

  async about(): Promise<Buffer> {
    return this.#about
  }

  async setAbout(about: Buffer): Promise<void> {
    this.#about = about
  }

  watch(onchange: () => void): () => void {
    const watcher = (): void => onchange()
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  #spans(hex: string): Span[] {
    const out: { from: number; to: number }[] = []
    for (const { from, blocks } of this.logs.get(hex) ?? []) {
      const last = out.at(-1)
      if (last?.to === from) last.to += blocks.length
      else out.push({ from, to: from + blocks.length })
    }
    return out
  }
}

/** An archive in memory. */
export class MemoryShelf implements Shelf {
  readonly kept = new Map<string, MemoryCopy>()

  mirrors(): Iterable<MemoryCopy> {
    return this.kept.values()
  }

  get(id: string): MemoryCopy | null {
    return this.kept.get(id) ?? null
  }

  async create(id: string, kind: 'mirror' | 'carry', about: Buffer): Promise<MemoryCopy> {
    const copy = new MemoryCopy(id, kind)
    await copy.setAbout(about)
    this.kept.set(id, copy)
    return copy
  }

  async remove(id: string): Promise<void> {
    this.kept.delete(id)
  }
}
