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
    const encoded = sorted.map(({ docs }) => encodeDocs(docs))
    const wordBytes = sorted.reduce((sum, { word }) => sum + word.byteLength, 0)
    const postingBytes = encoded.reduce((sum, part) => sum + part.byteLength, 0)
    const head = Buffer.alloc(HEADER + 8 * sorted.length)
    head.writeUInt32LE(sorted.length, 0)
    head.writeUInt32LE(wordBytes, 4)
    head.writeUInt32LE(postingBytes, 8)
    let [wordEnd, postingEnd] = [0, 0]
    sorted.forEach(({ word }, i) => {
      head.writeUInt32LE((wordEnd += word.byteLength), HEADER + 4 * i)
      head.writeUInt32LE((postingEnd += encoded[i]!.byteLength), HEADER + 4 * (sorted.length + i))
    })
    return new Segment(Buffer.concat([head, ...sorted.map(({ word }) => word), ...encoded]))
  }

  /** One segment of several; `keep` says which documents stay. */
  static merge(segments: readonly Segment[], keep: (doc: number) => boolean): Segment {
    const all = new Map<string, number[]>()
    for (const segment of segments) {
      for (let i = 0; i < segment.size; i++) {
        const word = segment.word(i).toString()
        const docs = all.get(word) ?? []
        segment.docs(i, (doc) => {
          if (keep(doc)) docs.push(doc)
        })
        if (docs.length > 0) all.set(word, docs)
      }
    }
    for (const [word, docs] of all) all.set(word, rising(docs))
    return Segment.build(all)
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

function encodeDocs(docs: readonly number[]): Buffer {
  const out: number[] = []
  let last = -1
  for (const doc of docs) {
    let value = doc - last - 1
    last = doc
    while (value >= 128) {
      out.push((value % 128) | 128)
      value = Math.floor(value / 128)
    }
    out.push(value)
  }
  return Buffer.from(out)
}

function malformed(): PorchlightError {
  return new PorchlightError('MALFORMED', 'Malformed data: no part of a search index.')
}
