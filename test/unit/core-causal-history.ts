import fc from 'fast-check'
import { HIDDEN, SHOWN } from '../../core/timeline/log-index.ts'
import { pageBefore } from '../../core/timeline/order.ts'
import { Placer } from '../../core/timeline/placer.ts'
import type { Unplaced } from '../../core/timeline/placer.ts'

/** The records of each log, by its number. */
export type History = readonly (readonly Unplaced[])[]

/** One step of a reader's life: records of a log arrive, or its patience is over. */
export interface Arrival {
  readonly log: number
  readonly count: number
  readonly force: boolean
}

/** More rounds than a reader of these small histories can need: it goes round in circles. */
const MOST_ROUNDS = 60

export function keyOf(log: number): Buffer {
  // Not by rising number, so that a tie is told from the order of adding.
  return Buffer.alloc(32, (log * 89 + 7) & 0xff)
}

/** Histories in which each record declares what some other logs held when it was written. */
export function histories(mostLogs = 5, mostRecords = 40): fc.Arbitrary<History> {
  const step = fc.record({
    log: fc.nat(mostLogs - 1),
    kind: fc.constantFrom(SHOWN, SHOWN, HIDDEN),
    heads: fc.array(fc.record({ log: fc.nat(mostLogs - 1), back: fc.nat(3) }), { maxLength: 3 }),
  })
  return fc.array(step, { maxLength: mostRecords }).map((steps) => {
    const history: Unplaced[][] = Array.from({ length: mostLogs }, () => [])
    for (const { log, kind, heads } of steps) {
      const seen = heads
        .map((head) => ({ log: head.log, length: history[head.log]!.length - head.back }))
        .filter(({ length }) => length > 0)
      history[log]!.push({
        kind,
        heads: seen.map((head) => ({ log: keyOf(head.log), length: head.length })),
      })
    }
    return history
  })
}

export function arrivals(mostLogs = 5): fc.Arbitrary<Arrival[]> {
  return fc.array(
    fc.record({
      log: fc.nat(mostLogs - 1),
      count: fc.integer({ min: 1, max: 7 }),
      force: fc.boolean(),
    }),
    { maxLength: 60 },
  )
}

/** Reads logs as they arrive, as a timeline does. */
export class Reader {
  readonly placer = new Placer()
  readonly #history: History
  readonly #arrived: number[]

  constructor(history: History) {
    this.#history = history
    this.#arrived = history.map(() => 0)
    history.forEach((_, log) => this.placer.add(keyOf(log), log === 0))
  }

  play(steps: readonly Arrival[]): this {
    for (const { log, count, force } of steps) {
      this.arrive(log, count)
      if (force) this.force()
    }
    return this
  }

  /** The next `count` records of a log come in. */
  arrive(log: number, count: number): void {
    const all = this.#history[log]!.length
    this.#arrived[log] = Math.min(all, this.#arrived[log]! + count)
    this.#pump()
  }

  /** Everything that exists has come, and nothing more will: the order is what it will be. */
  finish(): string[] {
    this.#history.forEach((records, log) => this.arrive(log, records.length))
    this.force()
    return this.order()
  }

  /** Patience is over: what waits is placed, until nothing waits. */
  force(): void {
    for (let round = 0; this.placer.blocked; round++) {
      if (round > MOST_ROUNDS) throw new Error('placing never comes to rest')
      this.placer.force()
      this.#pump()
    }
  }

  /** `log:seq` of every visible record, in order. */
  order(): string[] {
    return ordered(pageBefore(this.placer.logs.values(), null, Infinity).positions)
  }

  #pump(): void {
    for (let round = 0; ; round++) {
      if (round > MOST_ROUNDS) throw new Error('placing never comes to rest')
      this.#history.forEach((records, log) => {
        const hex = keyOf(log).toString('hex')
        const next = this.placer.next(hex)
        if (next < this.#arrived[log]!) {
          this.placer.offer(hex, records.slice(next, this.#arrived[log]!))
        }
      })
      if (!this.placer.stale) return
      this.placer.unsettle()
    }
  }
}

export function ordered(positions: readonly { log: { key: Buffer }; seq: number }[]): string[] {
  return positions.map(({ log, seq }) => `${log.key[0]}:${seq}`)
}

/** The order by its definition: depth in the causal graph, then key; every record placed by itself. */
export function naiveOrder(history: History): string[] {
  const depths = history.map((records) => records.map(() => 0))
  const depth = (log: number, seq: number): number => {
    if (seq < 0) return 0
    const known = depths[log]![seq]!
    if (known > 0) return known
    let deepest = depth(log, seq - 1)
    for (const head of history[log]![seq]!.heads) {
      const other = history.findIndex((_, n) => keyOf(n).equals(head.log))
      if (other !== log) deepest = Math.max(deepest, depth(other, head.length - 1))
    }
    return (depths[log]![seq] = deepest + 1)
  }
  const all = history.flatMap((records, log) =>
    records.map((record, seq) => ({ log, seq, kind: record.kind, depth: depth(log, seq) })),
  )
  return all
    .sort((a, b) => a.depth - b.depth || Buffer.compare(keyOf(a.log), keyOf(b.log)))
    .filter(({ kind }) => kind !== HIDDEN)
    .map(({ log, seq }) => `${keyOf(log)[0]}:${seq}`)
}
