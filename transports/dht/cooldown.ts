/** Peers that misbehaved, and until when they are left alone. */

const LEFT_ALONE_MS = 10 * 60_000
/** More are not remembered: keys are free, so an attacker who changes them gains nothing by pushing others out. */
const MAX_PEERS = 1_024

export class Cooldown {
  /** By the key of the peer's connection; the oldest first. */
  readonly #until = new Map<string, number>()

  /** Leaves a peer alone from `now` on, in milliseconds. */
  begin(peer: Buffer, now: number): void {
    const key = peer.toString('hex')
    this.#until.delete(key)
    this.#until.set(key, now + LEFT_ALONE_MS)
    if (this.#until.size <= MAX_PEERS) return
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest)
      return
    }
  }

  has(peer: Buffer, now: number): boolean {
    const key = peer.toString('hex')
    const until = this.#until.get(key)
    if (until === undefined) return false
    if (now < until) return true
    this.#until.delete(key)
    return false
  }
}
