/** Which unfinished connection gives way when too many are open. */

/** Unfinished prefaces in all, and from one address. */
export const MAX_HALF_OPEN = 64
export const MAX_HALF_OPEN_PER_ADDRESS = 8

/** The accepted connections whose preface is not finished, oldest first. */
export class HalfOpen<T> {
  readonly #entries = new Map<T, string>()
  readonly #counts = new Map<string, number>()

  get size(): number {
    return this.#entries.size
  }

  /** Oldest first. */
  entries(): readonly T[] {
    return [...this.#entries.keys()]
  }

  /** Adds one, and returns those that have to be dropped for it. */
  add(entry: T, address: string): readonly T[] {
    this.#entries.set(entry, address)
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1)
    const crowded =
      (this.#counts.get(address) ?? 0) > MAX_HALF_OPEN_PER_ADDRESS
        ? address
        : this.#entries.size > MAX_HALF_OPEN
          ? this.#busiest()
          : undefined
    if (crowded === undefined) return []
    for (const [victim, from] of this.#entries) {
      if (from !== crowded) continue
      this.delete(victim)
      return [victim]
    }
    return []
  }

  delete(entry: T): void {
    const address = this.#entries.get(entry)
    if (address === undefined) return
    this.#entries.delete(entry)
    const left = (this.#counts.get(address) ?? 1) - 1
    if (left === 0) this.#counts.delete(address)
    else this.#counts.set(address, left)
  }

  /** The address with most; the one whose first is oldest among equals. */
  #busiest(): string | undefined {
    let busiest: string | undefined
    let most = 0
    for (const address of this.#entries.values()) {
      const count = this.#counts.get(address) ?? 0
      if (count > most) {
        most = count
        busiest = address
      }
    }
    return busiest
  }
}
