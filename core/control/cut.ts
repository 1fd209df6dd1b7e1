import type { Cut, Reach } from './operation.ts'

/** Lengths by the first 8 bytes of a log's key (hex); what is not named was not known at all. */
export type Reaches = ReadonlyMap<string, number>

/** The reaches of a cut's half; of a log named twice, the lesser. */
export function reaches(list: readonly Reach[]): Reaches {
  const map = new Map<string, number>()
  for (const { log, length } of list) {
    const key = log.toString('hex')
    map.set(key, Math.min(length, map.get(key) ?? length))
  }
  return map
}

/** How an act against someone limits what they did beyond what its author knew. */
export interface Strike {
  /** Place of the act in the room's order. */
  readonly index: number
  /** Whom it is against: a whole person or one device. */
  readonly target: string
  /** Seniority of its author. */
  readonly rank: number
  readonly control: Reaches
  readonly kind: 'remove' | 'drop' | 'role'
  /** Index into ROLES: what is left to them. */
  readonly role: number
}

/** What acts take back of entries that stand before them; found by one pass, heeded by the next. */
export interface Claims {
  readonly strikes: ReadonlyMap<string, readonly Strike[]>
  /** Places of entries that let in who was not to be let in. */
  readonly voids: ReadonlySet<number>
  /** Places of entries that let in whom an admin gave a role since: no act against others takes them back. */
  readonly upheld: ReadonlySet<number>
}

/** Claims as they are gathered. */
export class ClaimBook implements Claims {
  readonly strikes = new Map<string, Strike[]>()
  readonly voids = new Set<number>()
  readonly upheld = new Set<number>()
  readonly #told = new Set<string>()

  strike(cut: Cut, strike: Omit<Strike, 'control'>): void {
    this.put({ ...strike, control: reaches(cut.control) })
  }

  put(strike: Strike): void {
    const id = `${strike.index} ${strike.target} ${strike.rank} ${strike.role}`
    if (this.#told.has(id)) return
    this.#told.add(id)
    const list = this.strikes.get(strike.target) ?? []
    list.push(strike)
    this.strikes.set(strike.target, list)
  }

  void(index: number): void {
    this.voids.add(index)
  }

  uphold(index: number): void {
    this.upheld.add(index)
  }

  /** Takes in another's claims too. */
  join(other: Claims): this {
    for (const list of other.strikes.values()) for (const strike of list) this.put(strike)
    for (const index of other.voids) this.voids.add(index)
    for (const index of other.upheld) this.upheld.add(index)
    return this
  }

  /** Of what is upheld, only what another's claims uphold too. */
  confine(other: Claims): this {
    for (const index of this.upheld) if (!other.upheld.has(index)) this.upheld.delete(index)
    return this
  }

  /** Equal for equal claims. */
  get print(): string {
    const places = [this.voids, this.upheld].map((set) => [...set].sort((a, b) => a - b).join())
    return [[...this.#told].sort().join(), ...places].join('|')
  }
}
