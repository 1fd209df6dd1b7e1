/** One handshake under way: where it comes from and how to end it. */
export interface HalfOpen {
  readonly address: string
  readonly drop: () => void
}

/**
 * Caps handshakes that are not finished: 64 in all, 8 an address. Over the cap the oldest of the address
 * that holds the most gives way, so one flooding address can not keep an honest one out (hyperdht#294).
 */
export class HandshakeLimiter {
  readonly #total: number
  readonly #perAddress: number
  /** Insertion order is age. */
  readonly #open = new Set<HalfOpen>()
  readonly #count = new Map<string, number>()

  constructor(options: { total?: number; perAddress?: number } = {}) {
    this.#total = options.total ?? 64
    this.#perAddress = options.perAddress ?? 8
  }

  get size(): number {
    return this.#open.size
  }

  /** Admits one, dropping another where a cap is reached. Returns the function that ends its stay. */
  enter(half: HalfOpen): () => void {
    if ((this.#count.get(half.address) ?? 0) >= this.#perAddress) this.#evict(half.address)
    else if (this.#open.size >= this.#total) this.#evict(this.#busiest())
    this.#open.add(half)
    this.#count.set(half.address, (this.#count.get(half.address) ?? 0) + 1)
    return () => this.#leave(half)
  }

  #busiest(): string {
    let busiest = ''
    let most = 0
    for (const [address, n] of this.#count) if (n > most) [busiest, most] = [address, n]
    return busiest
  }

  #evict(address: string): void {
    for (const half of this.#open) {
      if (half.address !== address) continue
      this.#leave(half)
      half.drop()
      return
    }
  }

  #leave(half: HalfOpen): void {
    if (!this.#open.delete(half)) return
    const left = this.#count.get(half.address)! - 1
    if (left > 0) this.#count.set(half.address, left)
    else this.#count.delete(half.address)
  }
}
