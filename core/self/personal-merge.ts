import { decodeExact, encode, bytes, fixed, list, struct, uint } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import type { Place } from '../room/place.ts'
import { KIND_PERSONAL } from '../room/record.ts'
import type { PlacedRecord, RecordConsumer } from '../room/record-consumer.ts'
import { decodeFact, encodeFact } from './personal-record.ts'
import type { PersonalFact } from './personal-record.ts'
import { MAX_VALUE } from './personal-store.ts'
import type { PersonalTopic } from './personal-store.ts'

/** A fact's last write in each of so many logs at most: far more than a person's devices make. */
const MAX_WRITES = 131_072

/** Where a room's records stand. */
export interface RoomOrder {
  /** True while the record is placed. */
  has(place: Place): boolean
  /** Negative when `a` comes before `b`; both are placed. */
  compare(a: Place, b: Place): number
}

interface Write extends Place {
  readonly json: string | null
}

interface SavedWrite {
  log: Buffer
  seq: number
  fact: Buffer
}

const saved: Codec<SavedWrite[]> = list(
  struct({ log: fixed(32), seq: uint, fact: bytes(MAX_VALUE + 1024) }),
  MAX_WRITES,
)

/**
 * What the records of the personal room say. Records come in any order and may change their places, so the
 * last write of each log is kept, and which of them counts is asked of the room's order when it matters.
 */
export class PersonalMerge implements RecordConsumer {
  readonly name = 'personal'
  readonly #person: () => string
  /** Fact → log → its last write there. */
  readonly #facts = new Map<string, Map<string, Write>>()
  readonly #changed = new Set<string>()
  #writes = 0

  /** `person` (hex): whose devices alone are heard. */
  constructor(person: () => string) {
    this.#person = person
  }

  take({ log, seq, body }: PlacedRecord): void {
    if (body.kind !== KIND_PERSONAL || log.person !== this.#person()) return
    const fact = decodeFact(body.payload)
    if (fact) this.#note(fact, log.hex, seq)
  }

  /**
   * The facts whose last write may be another since this was asked, with their values as the order has it.
   * One of whose writes lost its place for the moment is told of later.
   */
  changes(order: RoomOrder): PersonalFact[] {
    const out: PersonalFact[] = []
    for (const id of this.#changed) {
      const writes = [...this.#facts.get(id)!.values()]
      if (!writes.every((write) => order.has(write))) continue
      this.#changed.delete(id)
      const [topic, key] = split(id)
      const last = writes.reduce((a, b) => (order.compare(a, b) < 0 ? b : a))
      out.push({ topic, key, json: last.json })
    }
    return out
  }

  /** The fact is to be told of again by `changes`. */
  recall(topic: PersonalTopic, key: string): void {
    const id = `${topic}\0${key}`
    if (this.#facts.has(id)) this.#changed.add(id)
  }

  save(): Buffer {
    const writes: SavedWrite[] = []
    for (const [id, logs] of this.#facts) {
      const [topic, key] = split(id)
      for (const { log, seq, json } of logs.values()) {
        writes.push({ log: Buffer.from(log, 'hex'), seq, fact: encodeFact({ topic, key, json }) })
      }
    }
    return encode(saved, writes)
  }

  load(data: Buffer): void {
    for (const write of decodeExact(saved, data)) {
      const fact = decodeFact(write.fact)
      if (!fact) throw new Error('a saved fact is ill-formed')
      this.#note(fact, write.log.toString('hex'), write.seq)
    }
  }

  reset(): void {
    this.#facts.clear()
    this.#changed.clear()
    this.#writes = 0
  }

  #note(fact: PersonalFact, log: string, seq: number): void {
    const id = `${fact.topic}\0${fact.key}`
    const logs = this.#facts.get(id) ?? new Map<string, Write>()
    const before = logs.get(log)
    // Within a log the order is that of the sequences, whatever else moves.
    if (before && before.seq > seq) return
    if (!before && this.#writes >= MAX_WRITES) return
    if (!before) this.#writes++
    logs.set(log, { log, seq, json: fact.json })
    this.#facts.set(id, logs)
    this.#changed.add(id)
  }
}

function split(id: string): [PersonalTopic, string] {
  const at = id.indexOf('\0')
  return [id.slice(0, at) as PersonalTopic, id.slice(at + 1)]
}
