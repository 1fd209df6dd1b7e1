import { BoundedMap } from '../../bounded-map.ts'
import { decodeExact, encode, fixed, list, struct, tryDecode, uint } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import type { Place } from '../place.ts'
import { KIND_EDIT } from '../record.ts'
import type { PlacedRecord, RecordConsumer } from '../record-consumer.ts'
import { messagePayload } from './message-payload.ts'
import { editPayload } from './payloads.ts'
import { PlaceList } from './place-list.ts'

const ANY = 0xffff_ffff
/** Messages that came to name this person by an edit: only the newest of them are looked at. */
const MAX_EDITED = 1_024

const saved: Codec<{
  written: { log: Buffer; seqs: number[] }[]
  edited: { log: Buffer; seq: number }[]
}> = struct({
  written: list(struct({ log: fixed(32), seqs: list(uint, ANY) }), ANY),
  edited: list(struct({ log: fixed(32), seq: uint }), MAX_EDITED),
})

/** Which messages of others name this person, when they were written or since they were edited. */
export class MentionBook implements RecordConsumer {
  readonly name = 'mentions'
  readonly #self: string
  readonly #person: Buffer
  #written = new Map<string, PlaceList>()
  /** `log/seq` → place, the newest last. */
  readonly #edited = new BoundedMap<string, Place>(MAX_EDITED)

  /** `self`: this person's id (hex). */
  constructor(self: string) {
    this.#self = self
    this.#person = Buffer.from(self, 'hex')
  }

  take({ log, seq, body }: PlacedRecord): void {
    if (log.person === this.#self) return
    const message = messagePayload(body)
    if (message) {
      if (!this.#names(message)) return
      const list = this.#written.get(log.hex) ?? new PlaceList()
      this.#written.set(log.hex, list)
      list.add(seq, 1)
    } else if (body.kind === KIND_EDIT) {
      const edit = tryDecode(editPayload, body.payload)
      if (edit && this.#names(edit)) this.#noteEdited(edit.target)
    }
  }

  /** True when a message named this person as it was written first. */
  written(log: string, seq: number): boolean {
    return this.#written.get(log)?.get(seq) !== undefined
  }

  /**
   * How many messages name this person among those that are `after` the last one read and do `count`. Those of one
   * log stand in its order, so each log is looked at from its end.
   */
  unread(after: (place: Place) => boolean, counts: (place: Place) => boolean): number {
    let unread = 0
    for (const [log, { seqs }] of this.#written) {
      for (let i = seqs.length - 1; i >= 0; i--) {
        const place = { log, seq: seqs[i]! }
        if (!after(place)) break
        if (counts(place)) unread++
      }
    }
    for (const place of this.#edited.values()) {
      if (!this.written(place.log, place.seq) && after(place) && counts(place)) unread++
    }
    return unread
  }

  save(): Buffer {
    return encode(saved, {
      written: [...this.#written].map(([log, { seqs }]) => ({
        log: Buffer.from(log, 'hex'),
        seqs,
      })),
      edited: [...this.#edited.values()].map(({ log, seq }) => ({
        log: Buffer.from(log, 'hex'),
        seq,
      })),
    })
  }

  load(data: Buffer): void {
    const { written, edited } = decodeExact(saved, data)
    this.reset()
    for (const { log, seqs } of written) {
      const list = new PlaceList()
      for (const seq of seqs) list.add(seq, 1)
      this.#written.set(log.toString('hex'), list)
    }
    for (const target of edited) this.#noteEdited(target)
  }

  reset(): void {
    this.#written = new Map()
    this.#edited.clear()
  }

  #names(payload: { mentions: Buffer[] }): boolean {
    return payload.mentions.some((person) => person.equals(this.#person))
  }

  #noteEdited(target: { log: Buffer; seq: number }): void {
    const place = { log: target.log.toString('hex'), seq: target.seq }
    this.#edited.set(`${place.log}/${place.seq}`, place)
  }
}
