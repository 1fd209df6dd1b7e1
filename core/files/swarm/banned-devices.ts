import { BoundedMap } from '../../bounded-map.ts'
import type { Clock } from '../../clock.ts'

/** For how long a device that sent wrong bytes is asked for no files. */
export const BAN = 60 * 60_000
const MOST = 4_096

/** Devices that sent bytes which are not what the manifest says. */
export class BannedDevices {
  readonly #clock: Clock
  readonly #until = new BoundedMap<string, number>(MOST)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(device: string): void {
    this.#until.set(device, this.#clock.monotonic() + BAN)
  }

  has(device: string): boolean {
    return (this.#until.get(device) ?? -Infinity) > this.#clock.monotonic()
  }
}
