/** Which of the handshakes that others begin with this device are taken up (hyperdht has no bound of its own). */

/** Unfinished handshakes in all, and from one address. */
export const MAX_HANDSHAKES = 64
export const MAX_HANDSHAKES_PER_ADDRESS = 8

export interface Admission {
  readonly admitted: boolean
  /** The one that gives way for it. */
  readonly victim?: string
}

/** The handshakes that are under way, oldest first. */
export class HandshakeGate {
  readonly #addresses = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  get size(): number {
    return this.#addresses.size
  }

  /**
   * Asks for a place. An address that has its share gets no more; when all places are taken, the address with
   * most gives one up, unless the newcomer's would have as many.
   */
  enter(handshake: string, address: string): Admission {
    const own = this.#counts.get(address) ?? 0
    if (own >= MAX_HANDSHAKES_PER_ADDRESS) return { admitted: false }
    let victim: string | undefined
    if (this.size >= MAX_HANDSHAKES) {
      victim = this.#oldestOfBusiest(own + 1)
      if (victim === undefined) return { admitted: false }
      this.leave(victim)
    }
    this.#addresses.set(handshake, address)
    this.#counts.set(address, own + 1)
    return victim === undefined ? { admitted: true } : { admitted: true, victim }
  }

  /** It ended, well or not. Idempotent. */
  leave(handshake: string): void {
    const address = this.#addresses.get(handshake)
    if (address === undefined) return
    this.#addresses.delete(handshake)
    const left = (this.#counts.get(address) ?? 1) - 1
    if (left === 0) this.#counts.delete(address)
    else this.#counts.set(address, left)
  }

  #oldestOfBusiest(moreThan: number): string | undefined {
    let busiest: string | undefined
    let most = moreThan
    for (const [address, count] of this.#counts) {
      if (count <= most) continue
      most = count
      busiest = address
    }
    if (busiest === undefined) return undefined
    for (const [handshake, address] of this.#addresses) if (address === busiest) return handshake
    return undefined
  }
}
