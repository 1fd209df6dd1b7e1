/** A neighbour that says of circuits whatever a test wants. */
import NoiseSecretStream from '@hyperswarm/secret-stream'
import { CLOSES } from '../../core/circuit/messages.ts'
import type {
  circuitMessages,
  CloseMessage,
  DataMessage,
  FindMessage,
  FoundMessage,
  OpenMessage,
} from '../../core/circuit/messages.ts'
import { bytes } from '../../core/codec/codec.ts'
import { Connection } from '../../core/connection/connection.ts'
import type { Link } from '../../core/transport.ts'
import { CraftedCircuits } from './crafted-circuits.ts'
import type { CircuitStreet, Dweller } from '../unit/core-circuit-street.ts'

const FOREVER = new AbortController().signal
type Name = keyof typeof circuitMessages

/** Its end of one link. */
export class CraftedEnd extends CraftedCircuits {
  readonly connection: Connection

  constructor(connection: Connection) {
    super(connection.mux)
    this.connection = connection
    const talk = connection.mux.createChannel({ protocol: 'talk' })!
    const word = talk.addMessage({ encoding: bytes(60_000), onmessage: () => {} })
    talk.open()
    // Whoever is dropped is dropped for what it did, not for its silence.
    connection.on('tick', () => word.send(Buffer.alloc(0)))
  }

  get closed(): boolean {
    return this.connection.closed
  }

  /** A number that this side may open a circuit under. */
  number(n: number): number {
    return 2 * n + (this.connection.initiator ? 1 : 2)
  }

  /** Sends a message by its number, whatever its bytes are. */
  raw(type: number, payload: Uint8Array): void {
    this.connection.mux.stream.write(Buffer.concat([Buffer.from([1, type]), payload]))
  }
}

export class CraftedNeighbour implements Dweller {
  readonly name: string
  readonly ends: CraftedEnd[] = []
  readonly #street: CircuitStreet
  readonly #keys = NoiseSecretStream.keyPair()
  onend: (end: CraftedEnd) => void = () => {}

  constructor(street: CircuitStreet, name: string) {
    this.#street = street
    this.name = name
  }

  take(link: Link): void {
    Connection.open(link, this.#keys, { clock: this.#street.clock, signal: FOREVER }).then(
      (connection) => {
        const end = new CraftedEnd(connection)
        this.ends.push(end)
        this.onend(end)
      },
      () => {},
    )
  }

  /** Its open end towards a house, of those that were made in this order. */
  end(n = 0): CraftedEnd {
    return this.ends.filter(({ closed }) => !closed)[n]!
  }

  leave(): void {
    for (const { connection } of this.ends) connection.close('the end')
  }
}

/** Passes on between two ends what an honest relay would, but for `drops`; what it drops is gone. */
export function between(one: CraftedEnd, other: CraftedEnd, drops: readonly Name[]): void {
  const numbers = new Map<CraftedEnd, Map<number, number>>([
    [one, new Map()],
    [other, new Map()],
  ])
  let next = 0
  for (const [here, there] of [
    [one, other],
    [other, one],
  ] as const) {
    here.onheard = (name, value) => {
      if (drops.includes(name)) return
      if (name === 'find') {
        const find = value as FindMessage
        if (find.hops > 1) there.send.find.send({ ...find, hops: find.hops - 1 })
      }
      if (name === 'found') there.send.found.send(value as FoundMessage)
      if (name === 'open') {
        const open = value as OpenMessage
        const number = there.number(next++)
        numbers.get(here)!.set(open.circuit, number)
        numbers.get(there)!.set(number, open.circuit)
        there.send.open.send({ ...open, circuit: number })
      }
      const circuit = numbers.get(here)!.get((value as { circuit: number }).circuit)
      if (circuit === undefined) return
      if (name === 'data') there.send.data.send({ ...(value as DataMessage), circuit })
      if (name === 'credit')
        there.send.credit.send({ ...(value as never as { bytes: number }), circuit })
      if (name === 'close') there.send.close.send({ ...(value as CloseMessage), circuit })
    }
  }
}

/** The number of a reason on the wire. */
export function reason(name: (typeof CLOSES)[number]): number {
  return CLOSES.indexOf(name)
}
