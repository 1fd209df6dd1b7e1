/**
 * A part of a search index that does not change any more: sorted words, each with the documents that hold it, as
 * differences in LEB128 varints. Two buffers and an array of offsets, whatever the number of words.
 *
 * Bytes: u32 words, u32 bytes of words, u32 bytes of postings | u32 end of each word | u32 end of each word's
 * postings | words | postings. All numbers little-endian.
 */
import { PorchlightError } from '../errors.ts'

const HEADER = 12

/** Words of some messages, sorted once and never changed. */
export class Segment {
  readonly data: Buffer
  readonly size: number
  readonly #words: Buffer
  readonly #postings: Buffer

  /** Errors: `MALFORMED` for bytes that are no segment. */
  constructor(data: Buffer) {
    this.data = data
    if (data.byteLength < HEADER) throw malformed()
    this.size = data.readUInt32LE(0)
    const [words, postings] = [data.readUInt32LE(4), data.readUInt32LE(8)]
    const start = HEADER + 8 * this.size
    if (data.byteLength !== start + words + postings) throw malformed()
    this.#words = data.subarray(start, start + words)
    this.#postings = data.subarray(start + words)
  }

  /** `postings`: word → documents in rising order. */
  static build(postings: ReadonlyMap<string, readonly number[]>): Segment {
    const sorted = [...postings]
      .map(([word, docs]) => ({ word: Buffer.from(word), docs }))
      .sort((a, b) => Buffer.compare(a.word, b.word))
    return Segment.#assemble(sorted)
  }

  /** One segment of several; `keep` says which documents stay. Word by word: the postings of all are never in memory at once. */
  static merge(segments: readonly Segment[], keep: (doc: number) => boolean): Segment {
    return Segment.#assemble(mergedWords(segments, keep))
  }

  /** Words in rising order, each once, with their documents in rising order. */
  static #assemble(postings: Iterable<Posting>): Segment {
    const ends: { word: number; posting: number }[] = []
    const [words, encoded] = [new Bytes(), new Bytes()]
    for (const { word, docs } of postings) {
      words.push(word)
      encodeDocs(docs, encoded)
      ends.push({ word: words.size, posting: encoded.size })
    }
    const head = Buffer.alloc(HEADER + 8 * ends.length)
    head.writeUInt32LE(ends.length, 0)
    head.writeUInt32LE(words.size, 4)
    head.writeUInt32LE(encoded.size, 8)
    ends.forEach(({ word, posting }, i) => {
      head.writeUInt32LE(word, HEADER + 4 * i)
      head.writeUInt32LE(posting, HEADER + 4 * (ends.length + i))
    })
    return new Segment(Buffer.concat([head, words.all(), encoded.all()]))
  }

  word(i: number): Buffer {
    return this.#words.subarray(i === 0 ? 0 : this.#end(i - 1), this.#end(i))
  }

  /** Calls `each` for every document of the i-th word. */
  docs(i: number, each: (doc: number) => void): void {
    const data = this.#postings
    const end = this.#postingEnd(i)
    let at = i === 0 ? 0 : this.#postingEnd(i - 1)
    let doc = -1
    while (at < end) {
      let value = 0
      let scale = 1
      for (let byte = 128; byte >= 128 && at < end; scale *= 128) {
        byte = data[at++]!
        value += (byte & 127) * scale
      }
      doc += value + 1
      each(doc)
    }
  }

  /** Calls `each` for every document that holds the word, or a word that begins with it. */
  find(word: string, prefix: boolean, each: (doc: number) => void): void {
    const wanted = Buffer.from(word)
    for (let i = this.#lowerBound(wanted); i < this.size; i++) {
      const found = this.word(i)
      const fits = prefix
        ? found.subarray(0, wanted.byteLength).equals(wanted)
        : found.equals(wanted)
      if (!fits) return
      this.docs(i, each)
      if (!prefix) return
    }
  }

  #lowerBound(word: Buffer): number {
    let [low, high] = [0, this.size]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (Buffer.compare(this.word(middle), word) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #end(i: number): number {
    return this.data.readUInt32LE(HEADER + 4 * i)
  }

  #postingEnd(i: number): number {
    return this.data.readUInt32LE(HEADER + 4 * (this.size + i))
  }
}

/** Sorted, each once. */
export function rising(docs: number[]): number[] {
  docs.sort((a, b) => a - b)
  return docs.filter((doc, i) => i === 0 || doc !== docs[i - 1])
}

interface Posting {
  readonly word: Buffer
  readonly docs: readonly number[]
}

/** The words of several segments in order, each with the documents of all that are kept. */
function* mergedWords(
  segments: readonly Segment[],
  keep: (doc: number) => boolean,
): Iterable<Posting> {
  const places = segments.map((segment) => ({ segment, at: 0 }))
  for (;;) {
    let word: Buffer | null = null
    for (const { segment, at } of places) {
      if (at === segment.size) continue
      const next = segment.word(at)
      if (!word || Buffer.compare(next, word) < 0) word = next
    }
    if (!word) return
    const docs: number[] = []
    for (const place of places) {
      if (place.at === place.segment.size || !place.segment.word(place.at).equals(word)) continue
      place.segment.docs(place.at++, (doc) => {
        if (keep(doc)) docs.push(doc)
      })
    }
    if (docs.length > 0) yield { word, docs: rising(docs) }
  }
}

/** Bytes that grow. */
class Bytes {
  #data = Buffer.alloc(4096)
  size = 0

  push(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength)
    this.#data.set(bytes, this.size)
    this.size += bytes.byteLength
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#data[this.size++] = value
  }

  all(): Buffer {
    return this.#data.subarray(0, this.size)
  }

  #reserve(count: number): void {
    if (this.size + count <= this.#data.byteLength) return
    const grown = Buffer.alloc(Math.max(this.#data.byteLength * 2, this.size + count))
    this.#data.copy(grown)
    this.#data = grown
  }
}

function encodeDocs(docs: readonly number[], out: Bytes): void {
  let last = -1
  for (const doc of docs) {
    let value = doc - last - 1
    last = doc
    for (; value >= 128; value = Math.floor(value / 128)) out.byte((value % 128) | 128)
    out.byte(value)
  }
}

function malformed(): PorchlightError {
  return new PorchlightError('MALFORMED', 'Malformed data: no part of a search index.')
}
