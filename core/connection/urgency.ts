/**
 * What goes first over a narrow link, lower before higher: what keeps the connection going and asks for things; what
 * people write now; what they wrote before; what is passed on for others; files and mirrors.
 */
export const URGENT = 0
export const TEXT = 1
export const HISTORY = 2
export const OTHERS = 3
export const BULK = 4
/** One of these. */
export type Urgency = typeof URGENT | typeof TEXT | typeof HISTORY | typeof OTHERS | typeof BULK
/** How many there are. */
export const URGENCIES = 5

/** Hypercore's channel: all that a core says is in order, so a question waits behind answers of that core alone. */
const HYPERCORE = 'hypercore/alpha'

/** What a channel is. */
interface Named {
  readonly protocol: string
  readonly id: Buffer | null
}

/** How urgent the messages of each protocol are; whoever declares them says so, and what nobody spoke of is urgent. */
export class Urgencies {
  readonly #byProtocol = new Map<string, ReadonlyMap<number, Urgency>>()
  /** Discovery keys (hex) of cores that go first. */
  readonly #cores = new Set<string>()

  /** `messages` are declared in this order; `urgencies` by their names. */
  declare(
    protocol: string,
    messages: object,
    urgencies: Readonly<Record<string, Urgency | undefined>>,
  ): void {
    const byNumber = Object.keys(messages).map((name, n) => [n, urgencies[name] ?? URGENT] as const)
    this.#byProtocol.set(protocol, new Map(byNumber))
  }

  /** What this core says goes before what others say. */
  hurry({ discoveryKey }: { readonly discoveryKey: Buffer }): void {
    this.#cores.add(discoveryKey.toString('hex'))
  }

  of(channel: Named | null | undefined, message: number): Urgency {
    if (channel?.protocol === HYPERCORE) {
      return this.#cores.has(channel.id?.toString('hex') ?? '') ? URGENT : TEXT
    }
    return this.#byProtocol.get(channel?.protocol ?? '')?.get(message) ?? URGENT
  }
}
