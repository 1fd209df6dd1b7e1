/** Counts what is open by address, with a bound for each and for all. */
export class Crowd {
  readonly #most: number
  readonly #mostEach: number
  readonly #counts = new Map<string, number>()
  #size = 0

  constructor(most: number, mostEach: number) {
    this.#most = most
    this.#mostEach = mostEach
  }

  get size(): number {
    return this.#size
  }

  /** Whether one more from there may come. */
  hasRoom(address: string): boolean {
    return this.#size < this.#most && (this.#counts.get(address) ?? 0) < this.#mostEach
  }

  add(address: string): void {
    this.#size++
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1)
  }

  delete(address: string): void {
    const count = this.#counts.get(address)
    if (count === undefined) return
    this.#size--
    if (count === 1) this.#counts.delete(address)
    else this.#counts.set(address, count - 1)
  }
}
