/** What a record shows in a timeline. */
export const HIDDEN = 0
export const SHOWN = 1
/** A kind this version does not know: kept, passed on, shown as such. */
export const UNKNOWN = 2

/**
 * The placed records of one log: their Lamport times, strictly increasing by sequence, and what they show.
 * 9 bytes a record.
 */
export class LogIndex {
  readonly key: Buffer
  readonly hex: string
  /** Of this person: nothing in it is unread. */
  readonly own: boolean
  /** Records before this are placed for good; those from here on are recomputed when a gap before them fills. */
  final = 0
  #length = 0
  #lamports = new Uint32Array(64)
  #kinds = new Uint8Array(64)
  /** How many shown records there are up to and including each. */
  #shown = new Uint32Array(64)

  constructor(key: Buffer, own: boolean) {
    this.key = key
    this.hex = key.toString('hex')
    this.own = own
  }

  /** How many records are placed. */
  get length(): number {
    return this.#length
  }

  /** How many records a person can see. */
  get shown(): number {
    return this.shownBefore(this.#length)
  }

  /** True when every placed record is placed for good. */
  get settled(): boolean {
    return this.final === this.#length
  }

  /** The Lamport time of the record at `seq`; 0 before the first. */
  lamport(seq: number): number {
    return seq < 0 ? 0 : this.#lamports[seq]!
  }

  /** What a record shows: `HIDDEN`, `SHOWN` or `UNKNOWN`. */
  kind(seq: number): number {
    return this.#kinds[seq]!
  }

  /** How many records before one can be seen. */
  shownBefore(seq: number): number {
    return seq === 0 ? 0 : this.#shown[seq - 1]!
  }

  /** Places the next record. */
  push(lamport: number, kind: number): void {
    if (this.#length === this.#lamports.length) this.#grow()
    const at = this.#length++
    this.#lamports[at] = lamport
    this.#kinds[at] = kind
    this.#shown[at] = this.shownBefore(at) + (kind === HIDDEN ? 0 : 1)
  }

  /** Forgets what is not placed for good. */
  unsettle(): void {
    this.#length = this.final
  }

  /** The first sequence whose Lamport time is at least `lamport`. */
  lowerBound(lamport: number): number {
    let low = 0
    let high = this.#length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#lamports[middle]! < lamport) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The part placed for good, for a snapshot. */
  save(): { lamports: Uint32Array; kinds: Uint8Array } {
    return {
      lamports: this.#lamports.slice(0, this.final),
      kinds: this.#kinds.slice(0, this.final),
    }
  }

  #grow(): void {
    const size = this.#lamports.length * 2
    this.#lamports = resized(this.#lamports, new Uint32Array(size))
    this.#shown = resized(this.#shown, new Uint32Array(size))
    this.#kinds = resized(this.#kinds, new Uint8Array(size))
  }
}

function resized<T extends Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from)
  return to
}
