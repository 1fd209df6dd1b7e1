/** A map that forgets its oldest entry when one more comes than it may hold. */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #most: number

  constructor(most: number) {
    super()
    this.#most = most
  }

  /** Puts an entry in as the newest. */
  override set(key: K, value: V): this {
    this.delete(key)
    super.set(key, value)
    const { value: oldest, done } = this.keys().next()
    if (!done && this.size > this.#most) this.delete(oldest)
    return this
  }
}
