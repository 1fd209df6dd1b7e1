import { PorchlightError } from '../errors.ts'
import type { Place } from '../room/place.ts'
import type { PlacedRecord, RecordConsumer } from '../room/record-consumer.ts'
import { Documents } from './documents.ts'
import type { Term } from './query.ts'
import { rising, Segment } from './segment.ts'
import { words } from './tokens.ts'

/** Documents gathered in memory before they become a segment. */
const FRESH = 2048
/** Texts that wait to be indexed; over that the oldest are indexed at once. */
const PENDING = 1024
/** Segments of about one size that are merged into one. */
const FAN = 8

/** A text of a message (which stands at the place), its own or that of an edit. */
export interface Said extends Place {
  readonly text: string
}

/**
 * The words of a room's messages. An answer is a set of candidates: whoever asks reads the messages as they are now
 * and leaves out those that were edited or deleted meanwhile.
 */
export class SearchIndex implements RecordConsumer {
  readonly name = 'search'
  /** What a record says, if it says anything. */
  readonly #read: (record: PlacedRecord) => Said | null
  #documents = new Documents()
  #segments: Segment[] = []
  #fresh = new Map<string, number[]>()
  #freshTexts = 0
  #pending: (Said & { own: boolean })[] = []
  /** One bit for each document whose own text is in the index. */
  #indexed = new Uint8Array(64)
  /** Documents whose words must leave the index. */
  readonly #gone = new Set<number>()

  constructor(read: (record: PlacedRecord) => Said | null) {
    this.#read = read
  }

  take(record: PlacedRecord): void {
    const said = this.#read(record)
    if (!said) return
    const own = said.log === record.log.hex && said.seq === record.seq
    if (own && this.#isIndexed(this.#documents.find(said.log, said.seq))) return
    this.#pending.push({ ...said, own })
    if (this.#pending.length >= PENDING) this.flush(PENDING / 2)
  }

  /** Puts texts that wait into the index: all of them, or so many. True when some still wait. */
  flush(count = Infinity): boolean {
    for (const { log, seq, text, own } of this.#pending.splice(0, count)) {
      // An edit may name a place where nothing is, or never will be: no room is made for it.
      const doc = own ? this.#documents.of(log, seq) : this.#documents.find(log, seq)
      if (doc === -1) continue
      this.#markIndexed(doc)
      for (const word of words(text)) {
        const docs = this.#fresh.get(word)
        if (docs) docs.push(doc)
        else this.#fresh.set(word, [doc])
      }
      if (++this.#freshTexts >= FRESH) this.#freeze()
    }
    return this.#pending.length > 0
  }

  /** A message is gone for good: its words leave the index, and what is saved of it, with the next save. False when they did. */
  forget(log: string, seq: number): boolean {
    this.flush()
    const doc = this.#documents.find(log, seq)
    if (doc === -1 || this.#gone.has(doc)) return false
    this.#gone.add(doc)
    return true
  }

  /** Messages that may hold all terms, in no order. */
  find(terms: readonly Term[]): Place[] {
    if (terms.length === 0) return []
    this.flush()
    let found: Uint8Array | null = null
    let docs: number[] = []
    for (const term of terms) {
      const bits = new Uint8Array((this.#documents.size >> 3) + 1)
      docs = []
      this.#each(term, (doc) => {
        if (this.#gone.has(doc)) return
        const bit = 1 << (doc & 7)
        const at = doc >> 3
        if ((bits[at]! & bit) !== 0 || (found && (found[at]! & bit) === 0)) return
        bits[at]! |= bit
        docs.push(doc)
      })
      if (docs.length === 0) return []
      found = bits
    }
    return docs.map((doc) => this.#documents.place(doc))
  }

  save(): Buffer {
    this.flush()
    this.#freeze()
    this.#purge()
    const documents = this.#documents.save()
    const parts = [documents, ...this.#segments.map(({ data }) => data)]
    const head = Buffer.alloc(4 + 4 * parts.length)
    head.writeUInt32LE(parts.length, 0)
    parts.forEach((part, i) => head.writeUInt32LE(part.byteLength, 4 + 4 * i))
    return Buffer.concat([head, ...parts])
  }

  load(data: Buffer): void {
    const count = data.byteLength >= 4 ? data.readUInt32LE(0) : 0
    if (count === 0 || count > 1024 || data.byteLength < 4 + 4 * count) throw malformed()
    let at = 4 + 4 * count
    const parts: Buffer[] = []
    for (let i = 0; i < count; i++) {
      // Copied: a view would keep the whole snapshot in memory.
      parts.push(Buffer.from(data.subarray(at, (at += data.readUInt32LE(4 + 4 * i)))))
    }
    if (at !== data.byteLength) throw malformed()
    this.reset()
    this.#documents = Documents.load(parts[0]!)
    this.#segments = parts.slice(1).map((part) => new Segment(part))
    this.#indexed = new Uint8Array((this.#documents.size >> 3) + 1).fill(255)
  }

  reset(): void {
    this.#documents = new Documents()
    this.#segments = []
    this.#fresh = new Map()
    this.#freshTexts = 0
    this.#pending = []
    this.#indexed = new Uint8Array(64)
    this.#gone.clear()
  }

  #each(term: Term, each: (doc: number) => void): void {
    for (const segment of this.#segments) segment.find(term.word, term.prefix, each)
    if (!term.prefix) return this.#fresh.get(term.word)?.forEach(each)
    for (const [word, docs] of this.#fresh) if (word.startsWith(term.word)) docs.forEach(each)
  }

  /** Makes a segment of what is fresh, and one of several of its size. */
  #freeze(): void {
    if (this.#freshTexts === 0) return
    for (const [word, docs] of this.#fresh) this.#fresh.set(word, rising(docs))
    this.#segments.push(Segment.build(this.#fresh))
    this.#fresh = new Map()
    this.#freshTexts = 0
    for (let last = this.#alike(); last.length >= FAN; last = this.#alike()) {
      this.#segments.splice(-last.length)
      this.#segments.push(Segment.merge(last, () => true))
    }
  }

  #purge(): void {
    if (this.#gone.size === 0) return
    this.#segments = [Segment.merge(this.#segments, (doc) => !this.#gone.has(doc))]
    for (const doc of this.#gone) this.#documents.drop(doc)
    this.#gone.clear()
  }

  /** The newest segments, as long as none is much larger than the newest of them. */
  #alike(): Segment[] {
    const limit = FAN * (this.#segments.at(-1)?.data.byteLength ?? 0)
    let from = this.#segments.length
    while (from > 0 && this.#segments[from - 1]!.data.byteLength < limit) from--
    return this.#segments.slice(from)
  }

  #isIndexed(doc: number): boolean {
    return doc !== -1 && ((this.#indexed[doc >> 3] ?? 0) & (1 << (doc & 7))) !== 0
  }

  #markIndexed(doc: number): void {
    const at = doc >> 3
    if (at >= this.#indexed.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#indexed.length * 2))
      grown.set(this.#indexed)
      this.#indexed = grown
    }
    this.#indexed[at]! |= 1 << (doc & 7)
  }
}

function malformed(): PorchlightError {
  return new PorchlightError('MALFORMED', 'Malformed data: no search index.')
}
