import { BoundedMap } from '../../bounded-map.ts'
import { chooseRegulars } from './regulars.ts'
import type { Acquaintance } from './regulars.ts'

const DAY = 24 * 60 * 60_000
/** Strangers that are remembered. */
const MAX_KNOWN = 1024

interface Stranger extends Acquaintance {
  readonly key: string
  days: number
  time: number
  lastDay: number
}

/** Strangers that this device was linked with in this run, by the keys of their connections, which last as long as theirs. */
export class Acquaintances {
  readonly #known = new BoundedMap<string, Stranger>(MAX_KNOWN)

  /** Linked with that key (hex) for so many ms more. */
  met(key: string, ms: number, now: number): void {
    const stranger = this.#known.get(key) ?? { key, days: 0, time: 0, lastDay: -1 }
    const day = Math.floor(now / DAY)
    if (stranger.lastDay !== day) stranger.days++
    stranger.lastDay = day
    stranger.time += ms
    this.#known.set(key, stranger)
  }

  /** The keys of so many that are met most. */
  best(count: number): ReadonlySet<string> {
    return new Set(chooseRegulars(this.#known.values(), count).map(({ key }) => key))
  }
}
