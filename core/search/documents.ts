import { PorchlightError } from '../errors.ts'
import type { Place } from '../room/place.ts'

const KEY = 32
const MAX_LOGS = 65_536
/** The sequence of a document that was dropped. */
const DROPPED = 0xffff_ffff

/** Numbers for the messages of a room: a document is a record's log and sequence. 6 bytes each. */
export class Documents {
  readonly #keys: string[] = []
  readonly #logs = new Map<string, number>()
  /** Sequence → document, for each log; a document's number plus one, 0 for none. */
  readonly #bySeq: Uint32Array[] = []
  #log = new Uint16Array(256)
  #seq = new Uint32Array(256)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The document of a record, made when it has none; -1 when there are too many logs. */
  of(log: string, seq: number): number {
    const known = this.find(log, seq)
    if (known !== -1) return known
    const number = this.#number(log)
    if (number === -1) return -1
    if (this.#size === this.#log.length) this.#grow()
    const doc = this.#size++
    this.#log[doc] = number
    this.#seq[doc] = seq
    this.#index(number, seq, doc)
    return doc
  }

  /** -1 when the record has no document. */
  find(log: string, seq: number): number {
    const number = this.#logs.get(log)
    return number === undefined ? -1 : (this.#bySeq[number]![seq] ?? 0) - 1
  }

  /** The record has no document any more. */
  drop(doc: number): void {
    const table = this.#bySeq[this.#log[doc]!]!
    table[this.#seq[doc]!] = 0
    this.#seq[doc] = DROPPED
  }

  /** The record that a document is of. */
  place(doc: number): Place {
    return { log: this.#keys[this.#log[doc]!]!, seq: this.#seq[doc]! }
  }

  save(): Buffer {
    const head = Buffer.alloc(8)
    head.writeUInt32LE(this.#keys.length, 0)
    head.writeUInt32LE(this.#size, 4)
    const logs = this.#log.slice(0, this.#size)
    const seqs = this.#seq.slice(0, this.#size)
    return Buffer.concat([
      head,
      ...this.#keys.map((key) => Buffer.from(key, 'hex')),
      Buffer.from(seqs.buffer),
      Buffer.from(logs.buffer),
    ])
  }

  /** Errors: `MALFORMED`. */
  static load(data: Buffer): Documents {
    if (data.byteLength < 8) throw malformed()
    const [keys, size] = [data.readUInt32LE(0), data.readUInt32LE(4)]
    if (keys > MAX_LOGS || data.byteLength !== 8 + keys * KEY + size * 6) throw malformed()
    const documents = new Documents()
    let at = 8
    for (let i = 0; i < keys; i++) {
      documents.#number(data.subarray(at, (at += KEY)).toString('hex'))
    }
    if (documents.#keys.length !== keys) throw malformed()
    documents.#seq = new Uint32Array(new Uint8Array(data.subarray(at, (at += 4 * size))).buffer)
    documents.#log = new Uint16Array(new Uint8Array(data.subarray(at)).buffer)
    documents.#size = size
    for (let doc = 0; doc < size; doc++) {
      const [number, seq] = [documents.#log[doc]!, documents.#seq[doc]!]
      if (number >= keys) throw malformed()
      if (seq === DROPPED) continue
      if (seq > 0x7fff_ffff) throw malformed()
      documents.#index(number, seq, doc)
    }
    return documents
  }

  #number(log: string): number {
    const known = this.#logs.get(log)
    if (known !== undefined) return known
    if (this.#keys.length >= MAX_LOGS) return -1
    const number = this.#keys.push(log) - 1
    this.#logs.set(log, number)
    this.#bySeq.push(new Uint32Array(64))
    return number
  }

  #index(log: number, seq: number, doc: number): void {
    let table = this.#bySeq[log]!
    if (seq >= table.length) {
      const grown = new Uint32Array(Math.max(table.length * 2, seq + 1))
      grown.set(table)
      table = this.#bySeq[log] = grown
    }
    table[seq] = doc + 1
  }

  #grow(): void {
    const logs = new Uint16Array(this.#log.length * 2)
    logs.set(this.#log)
    this.#log = logs
    const seqs = new Uint32Array(this.#seq.length * 2)
    seqs.set(this.#seq)
    this.#seq = seqs
  }
}

function malformed(): PorchlightError {
  return new PorchlightError('MALFORMED', 'Malformed data: no list of documents.')
}
