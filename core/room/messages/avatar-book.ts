import { decodeExact, encode, fixed, list, struct, tryDecode, uint } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { compare } from '../../timeline/order.ts'
import type { Position } from '../../timeline/order.ts'
import { KIND_AVATAR } from '../record.ts'
import type { RecordBody } from '../record.ts'
import type { PlacedRecord, RecordConsumer } from '../record-consumer.ts'
import { imageType } from './image-type.ts'
import { avatarPayload } from './payloads.ts'

const ANY = 0xffff_ffff
/** Bytes of pictures kept in memory for one room; whose does not fit any more is shown without. */
const MAX_KEPT = 16 * 1024 * 1024

export interface AvatarBookOptions {
  /** Null while the record has no place in the room's order. */
  readonly position: (log: string, seq: number) => Position | null
  readonly body: (position: Position) => Promise<RecordBody | null>
  /** A picture can be shown that could not be before. */
  readonly onchange: () => void
}

interface Kept {
  readonly position: Position
  /** `data:` URL; empty for none. */
  readonly url: string
}

const saved: Codec<{ log: Buffer; person: Buffer; seq: number }[]> = list(
  struct({ log: fixed(32), person: fixed(32), seq: uint }),
  ANY,
)

/** Where the pictures of a room's people stand; they are read when they are asked for. */
export class AvatarBook implements RecordConsumer {
  readonly name = 'avatars'
  readonly #options: AvatarBookOptions
  /** Person → log → sequence of the last picture in that log. */
  #places = new Map<string, Map<string, number>>()
  readonly #kept = new Map<string, Kept>()
  readonly #loading = new Set<string>()
  #bytes = 0

  constructor(options: AvatarBookOptions) {
    this.#options = options
  }

  take({ log, seq, body }: PlacedRecord): void {
    if (body.kind !== KIND_AVATAR || !tryDecode(avatarPayload, body.payload)) return
    this.#note(log.person, log.hex, seq)
    this.of(log.person)
  }

  /** A person's picture as a `data:` URL; undefined for none, or while it is being read (`onchange` follows). */
  of(person: string): string | undefined {
    const position = this.#last(person)
    if (!position) return undefined
    const kept = this.#kept.get(person)
    const current = kept && kept.position.log === position.log && kept.position.seq === position.seq
    if (!current) void this.#load(person, position)
    return kept?.url || undefined
  }

  /** True when a person set or removed a picture here. */
  knows(person: string): boolean {
    return this.#places.has(person)
  }

  save(): Buffer {
    const rows = [...this.#places].flatMap(([person, logs]) =>
      [...logs].map(([log, seq]) => ({
        log: Buffer.from(log, 'hex'),
        person: Buffer.from(person, 'hex'),
        seq,
      })),
    )
    return encode(saved, rows)
  }

  load(data: Buffer): void {
    const rows = decodeExact(saved, data)
    this.reset()
    for (const { log, person, seq } of rows) {
      this.#note(person.toString('hex'), log.toString('hex'), seq)
    }
  }

  reset(): void {
    this.#places = new Map()
  }

  #note(person: string, log: string, seq: number): void {
    const logs = this.#places.get(person) ?? new Map<string, number>()
    this.#places.set(person, logs.set(log, Math.max(seq, logs.get(log) ?? 0)))
  }

  /** The person's last picture in the room's order. */
  #last(person: string): Position | null {
    let last: Position | null = null
    for (const [log, seq] of this.#places.get(person) ?? []) {
      const position = this.#options.position(log, seq)
      if (position && (!last || compare(position, last) > 0)) last = position
    }
    return last
  }

  async #load(person: string, position: Position): Promise<void> {
    if (this.#loading.has(person)) return
    this.#loading.add(person)
    const body = await this.#options.body(position).catch(() => null)
    this.#loading.delete(person)
    const image = body && tryDecode(avatarPayload, body.payload)?.image
    const before = this.#kept.get(person)?.url ?? ''
    const url = image ? dataUrl(image) : ''
    const fits = this.#bytes - before.length + url.length <= MAX_KEPT
    this.#kept.set(person, { position, url: fits ? url : '' })
    this.#bytes += (fits ? url.length : 0) - before.length
    if (before !== url) this.#options.onchange()
  }
}

function dataUrl(image: Buffer): string {
  const type = imageType(image)
  return type ? `data:${type};base64,${image.toString('base64')}` : ''
}
