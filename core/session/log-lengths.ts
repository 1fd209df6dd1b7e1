import type { LogLength } from '../room/delivery/receipts.ts'

/** How far logs go by the word of one end of a session. */
export class LogLengths {
  readonly #lengths = new Map<string, number>()

  /** The length said last of a log (hex); 0 before that. */
  of(hex: string): number {
    return this.#lengths.get(hex) ?? 0
  }

  /** True once a log's length was said. */
  has(hex: string): boolean {
    return this.#lengths.has(hex)
  }

  /** Notes what was said, of `most` logs: a flood of invented ones must not cost memory. */
  note(said: readonly LogLength[], most: number): void {
    for (const { key, length } of said) {
      const hex = key.toString('hex')
      if (this.#lengths.size < most || this.#lengths.has(hex)) this.#lengths.set(hex, length)
    }
  }

  /** Those that were not said yet; they count as said from now on. */
  news<T extends LogLength>(all: readonly T[]): T[] {
    return all.filter(({ key, length }) => {
      const hex = key.toString('hex')
      if (this.#lengths.get(hex) === length) return false
      this.#lengths.set(hex, length)
      return true
    })
  }

  /** All that was said. */
  list(): { key: Buffer; length: number }[] {
    return [...this.#lengths].map(([hex, length]) => ({ key: Buffer.from(hex, 'hex'), length }))
  }
}
