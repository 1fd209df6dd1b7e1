/** Which relay is tried. */

/** More are not tried. */
const MAX_RELAYS = 8

/** The relays to try, best first; each time a peer could not be reached directly the next one has its turn. */
export class RelayChoice {
  #keys: readonly Buffer[] = []
  #turn = 0

  set(keys: readonly Buffer[]): void {
    this.#keys = keys.slice(0, MAX_RELAYS).map((key) => Buffer.from(key))
    this.#turn = 0
  }

  /**
   * Null where none is needed or known. `force`: punching failed before. `hidden`: this device's router shows it
   * under another port to each, so that punching needs long or fails. `own`: this device's own relay.
   */
  pick(force: boolean, hidden: boolean, own: Buffer | null): Buffer | null {
    const keys = this.#keys.filter((key) => own === null || !key.equals(own))
    if (keys.length === 0 || !(force || hidden)) return null
    const turn = force ? this.#turn++ : this.#turn
    return keys[turn % keys.length]!
  }
}
