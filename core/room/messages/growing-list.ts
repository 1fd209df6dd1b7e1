/** A list of 32-bit numbers that grows: four bytes each. */
export class GrowingList {
  #length = 0
  #items = new Uint32Array(64)

  get length(): number {
    return this.#length
  }

  get(at: number): number {
    return this.#items[at]!
  }

  set(at: number, value: number): void {
    this.#items[at] = value
  }

  /** Returns the place of the new item. */
  push(value: number): number {
    if (this.#length === this.#items.length) {
      const grown = new Uint32Array(this.#items.length * 2)
      grown.set(this.#items)
      this.#items = grown
    }
    this.#items[this.#length] = value
    return this.#length++
  }
}
