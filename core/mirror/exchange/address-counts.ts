/** How much of something all links use together, and how much those of each address do. */
export class AddressCounts {
  readonly #of = new Map<string, number>()
  #all = 0

  get all(): number {
    return this.#all
  }

  of(address: string): number {
    return this.#of.get(address) ?? 0
  }

  /** So much more is used; less when it is negative. */
  add(address: string, amount: number): void {
    const now = this.of(address) + amount
    this.#all += amount
    if (now > 0) this.#of.set(address, now)
    else this.#of.delete(address)
  }
}
