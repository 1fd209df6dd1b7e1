import { bounded, decodeExact, encode, fixed, list, struct, text, uint } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import type { FilePreview } from '../../files/api.ts'
import { HASH, MAX_CHUNK, MAX_ITEM } from '../../files/descriptor.ts'
import { MAX_CONTENTS, MAX_FILES } from '../../files/store/contents.ts'
import { compare } from '../../timeline/order.ts'
import type { Position } from '../../timeline/order.ts'
import { messageId } from '../message-id.ts'
import type { RecordBody } from '../record.ts'
import type { PlacedRecord, RecordConsumer } from '../record-consumer.ts'
import { fileId, shownPreview } from './file-card.ts'
import type { FileItem } from './file-card.ts'
import { FileRows } from './file-rows.ts'
import type { FileRow } from './file-rows.ts'
import { MAX_FILE_NAME, MAX_MEDIA_TYPE } from './file-payload.ts'
import { messagePayload } from './message-payload.ts'

const ANY = 0xffff_ffff

/** An item of a room, and the message that offers it. */
export interface FileEntry {
  /** The whole hash of its manifest (hex). */
  readonly root: string
  /** What people call it by: the beginning of `root`. */
  readonly id: string
  readonly messageId: string
  /** The author's person id (hex). */
  readonly author: string
  readonly own: boolean
  /** Wall-clock ms claimed by the author. */
  readonly sentAt: number
  /** Wall-clock ms at which the message disappears; null when it stays. */
  readonly expiresAt: number | null
  readonly item: FileItem
  readonly position: Position
}

export interface FileBookOptions {
  /** This person's id (hex). */
  readonly self: string
  /** Where a message stands while it is placed and something of it is shown; else null. */
  readonly shown: (log: string, seq: number) => Position | null
  /** True once nothing of a message will come back: what it offers is not kept any longer. */
  readonly isOver: (log: string, seq: number) => boolean
  readonly expiresAt: (log: string, seq: number) => number | null
  readonly body: (position: Position) => Promise<RecordBody | null>
  /** True while all records that are here are placed. */
  readonly settled: () => boolean
  /** Items came, went or changed. */
  readonly onchange: () => void
}

const saved: Codec<{ log: Buffer; person: Buffer; rows: FileRow[] }[]> = list(
  struct({
    log: fixed(32),
    person: fixed(32),
    rows: list(
      struct<FileRow>({
        seq: uint,
        sentAt: uint,
        item: struct<FileItem>({
          root: fixed(HASH),
          size: bounded(MAX_ITEM),
          chunk: bounded(MAX_CHUNK),
          key: fixed(32),
          contents: bounded(MAX_CONTENTS),
          files: bounded(MAX_FILES),
          name: text(MAX_FILE_NAME),
          type: text(MAX_MEDIA_TYPE),
        }),
      }),
      ANY,
    ),
  }),
  ANY,
)

/**
 * Which messages of a room offer which items. What is not shown in the room (deleted, hidden, expired, of who is
 * blocked here) is not listed, but stays known: it may be shown again.
 */
export class FileBook implements RecordConsumer {
  readonly name = 'files'
  readonly #options: FileBookOptions
  #rows = new FileRows()
  /** News that was not told. */
  #news = false
  /** When it was told last, or since it was emptied, not all was placed. */
  #partial = true

  constructor(options: FileBookOptions) {
    this.#options = options
  }

  take({ log, seq, body }: PlacedRecord): void {
    const file = messagePayload(body)?.file
    if (!file) return
    const { preview: _, ...item } = file
    if (this.#rows.add(log, { seq, sentAt: body.sentAt, item })) this.#news = true
  }

  /** The items that are shown, in the room's order: each once, with the first message that offers it. */
  list(): FileEntry[] {
    const entries = [...this.#rows.roots()].map((root) => this.get(root))
    return entries.filter((entry) => entry !== null).sort((a, b) => compare(a.position, b.position))
  }

  /** An item by its root (hex), while it is shown. */
  get(root: string): FileEntry | null {
    return this.offers(root)[0] ?? null
  }

  /** An item by what people call it by, while it is shown. */
  find(id: string): FileEntry | null {
    for (const root of this.#rows.roots()) {
      const entry = root.startsWith(id) ? this.get(root) : null
      if (entry?.id === id) return entry
    }
    return null
  }

  /**
   * All messages that are shown and offer this item, in the room's order. The root names the sealed chunks, not their
   * key: a member who offers it again with a key that opens nothing must not get in the way of the others.
   */
  offers(root: string): FileEntry[] {
    const entries = this.#rows.of(root).map(([log, row]) => this.#entry(root, log, row))
    return entries.filter((entry) => entry !== null).sort((a, b) => compare(a.position, b.position))
  }

  /** True while some message offers this item, shown now or to be shown again; or may, beyond those that are known. */
  knows(root: string): boolean {
    const rows = this.#rows.of(root)
    if (rows.length === 0) return this.#rows.full
    return rows.some(([log, { seq }]) => !this.#options.isOver(log, seq))
  }

  /** The preview that came with an item; null for none. */
  async preview({ position }: FileEntry): Promise<FilePreview | null> {
    const body = await this.#options.body(position)
    return shownPreview((body && messagePayload(body)?.file?.preview) ?? null)
  }

  /** True while all records that are here were looked at: what is not listed then is gone, or hidden. */
  get complete(): boolean {
    return this.#options.settled()
  }

  /** A message reads otherwise than before; told with the next `tell`. */
  touch(id: string): void {
    this.#news ||= this.#rows.hasMessage(id)
  }

  /** Anything may be shown otherwise than before. */
  touchAll(): void {
    this.#news ||= this.#rows.size > 0
  }

  /** Tells once of what happened since it was told last. */
  tell(): void {
    const { complete } = this
    if (!this.#news && !(complete && this.#partial)) return
    this.#partial = !complete
    this.#news = false
    this.#options.onchange()
  }

  /** A message is gone for good. */
  forget(log: string, seq: number): void {
    this.#rows.drop(log, seq)
  }

  save(): Buffer {
    const { isOver } = this.#options
    const logs = this.#rows.logs().map(({ log, person, rows }) => ({
      log: Buffer.from(log, 'hex'),
      person: Buffer.from(person, 'hex'),
      rows: rows.filter(({ seq }) => !isOver(log, seq)),
    }))
    return encode(saved, logs)
  }

  load(data: Buffer): void {
    const logs = decodeExact(saved, data)
    this.reset()
    for (const { log, person, rows } of logs) {
      const source = { hex: log.toString('hex'), person: person.toString('hex') }
      for (const row of rows) this.#rows.add(source, row)
    }
    this.#news = this.#rows.size > 0
  }

  reset(): void {
    this.touchAll()
    this.#rows = new FileRows()
    this.#partial = true
  }

  #entry(root: string, log: string, { seq, sentAt, item }: FileRow): FileEntry | null {
    const { self, shown, expiresAt } = this.#options
    const position = shown(log, seq)
    if (!position) return null
    const author = this.#rows.person(log)
    return {
      root,
      id: fileId(item.root),
      messageId: messageId(position.log.key, seq),
      author,
      own: author === self,
      sentAt,
      expiresAt: expiresAt(log, seq),
      item,
      position,
    }
  }
}
