/** Which of the advertisements that are heard are told on: some a second for one device, and for all. */

const MOST_DEVICES = 512
const APART_MS = 300
const MOST_A_SECOND = 200

interface Heard {
  readonly at: number
  readonly payload: Buffer
}

export class SightingLimit {
  readonly #heard = new Map<string, Heard>()
  #second = 0
  #told = 0

  /** Whether to tell it; `now` in milliseconds. A device that advertises something new is told at once. */
  take(address: string, payload: Buffer, now: number): boolean {
    const before = this.#heard.get(address)
    if (before && now - before.at < APART_MS && before.payload.equals(payload)) return false
    if (now - this.#second >= 1_000) {
      this.#second = now
      this.#told = 0
    }
    if (this.#told >= MOST_A_SECOND) return false
    this.#told++
    this.#heard.delete(address)
    this.#heard.set(address, { at: now, payload })
    if (this.#heard.size > MOST_DEVICES) this.#heard.delete(this.#heard.keys().next().value!)
    return true
  }
}
