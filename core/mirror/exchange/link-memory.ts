import type { LogHead } from '../copy.ts'
import type { AddressCounts } from './address-counts.ts'

const KB = 1024
const MB = 1024 * KB
/** Bytes of what peers say that is remembered for one member of a room of this device. */
const MEMBER = 24 * MB
/** For all others together, and for those of one address. */
const STRANGERS = 24 * MB
const ADDRESS = 6 * MB
/** What every link has, however many there are. */
const LEAST = 64 * KB
/** What a log, its manifest aside, and each of its spans take in memory. */
const LOG = 512
const SPAN = 80

/** Bounds what is remembered of what one peer said: it is far more than what it took to say. */
export class LinkMemory {
  readonly #strangers: AddressCounts
  readonly #address: string
  readonly #paired: () => boolean
  #own = 0
  /** Of that, what was taken while the peer was a stranger. */
  #strange = 0

  constructor(strangers: AddressCounts, address: string, paired: () => boolean) {
    this.#strangers = strangers
    this.#address = address
    this.#paired = paired
  }

  /** Bytes that are taken. */
  get used(): number {
    return this.#own
  }

  /** Takes so many bytes, or gives some back; false, and nothing is taken, when they are too many. */
  take(bytes: number): boolean {
    if (bytes <= 0) this.give(-bytes)
    else if (this.#paired()) {
      if (this.#own + bytes > MEMBER) return false
      this.#own += bytes
    } else {
      if (!this.#admits(bytes)) return false
      this.#own += bytes
      this.#strange += bytes
      this.#strangers.add(this.#address, bytes)
    }
    return true
  }

  give(bytes: number): void {
    this.#own -= bytes
    const strange = Math.min(bytes, this.#strange)
    this.#strange -= strange
    this.#strangers.add(this.#address, -strange)
  }

  #admits(bytes: number): boolean {
    if (this.#own + bytes <= LEAST) return true
    return (
      this.#strangers.of(this.#address) + bytes <= ADDRESS &&
      this.#strangers.all + bytes <= STRANGERS
    )
  }
}

/** What remembering it takes. */
export function weightOf({ manifest, spans }: LogHead): number {
  return LOG + manifest.byteLength + SPAN * spans.length
}
