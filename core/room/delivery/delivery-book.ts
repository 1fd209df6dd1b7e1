import type { Delivery } from '../../api.ts'
import { decodeExact, encode, fixed, list, struct, uint } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { logPrefix } from '../../control/log-prefix.ts'
import { decodeAck } from './ack-payload.ts'
import type { PlacedRecord, RecordConsumer } from '../record-consumer.ts'
import { KIND_ACK } from '../record.ts'

/** Claims about records of our other devices that have not come here yet: so many a log are kept until they do. */
const MAX_EARLY = 2048

/** What the room says of a device now. */
export interface Holder {
  readonly person: string
  readonly in: boolean
  readonly muted: boolean
}

export interface DeliveryOptions {
  /** This person and device (hex). */
  readonly person: string
  readonly device: string
  /** Null for a device that was never in. */
  readonly holder: (device: string) => Holder | null
  /** Whether a device was handed the key of an epoch. */
  readonly opens: (device: string, epoch: number) => boolean
  /** How many records of a log there are, as its author's signature proves. */
  readonly written: (log: string) => number
}

/** Whose device a node is that holds what it can not read. */
const NOBODY = '0'.repeat(64)
const BLIND: Holder = { person: NOBODY, in: false, muted: false }

/** How many records of a log a device has; has as one that they are meant for; and its person has read. */
interface Lengths {
  held: number
  shown: number
  read: number
}

interface Claims {
  person: string
  /** Told by the device itself in a session. */
  readonly told: Lengths
  /** Stated in its records. */
  readonly stated: Lengths
}

interface Claim {
  readonly device: string
  readonly holder: Holder
  readonly by: 'told' | 'stated'
  readonly what: 'held' | 'read'
  readonly length: number
}

/** A log of this person. */
interface Book {
  readonly key: Buffer
  /** True when it is this very device's. */
  readonly here: boolean
  readonly claims: Map<string, Claims>
  readonly early: Map<string, Claim>
  /** Where its records pass from one epoch to the next. */
  epochs: { from: number; epoch: number }[]
}

/**
 * Who has how much of this person's logs, and has read it. Each device speaks for itself alone, in a session or in
 * its records, and only of what was written: whatever else it says changes nothing. What was delivered stays so,
 * also when the device leaves. What a node that can not read it holds is counted only as long as it does.
 */
export class DeliveryBook implements RecordConsumer {
  readonly name = 'delivery'
  readonly #options: DeliveryOptions
  readonly #books = new Map<string, Book>()
  /** Beginning of a log's key → the log. */
  readonly #named = new Map<string, string>()
  readonly #onnews: () => void

  /** `onnews` is called after each claim that counted. */
  constructor(options: DeliveryOptions, onnews: () => void = () => {}) {
    this.#options = options
    this.#onnews = onnews
  }

  /** Adds a log of this person; idempotent. */
  add(log: { readonly key: Buffer; readonly device: string }): void {
    const hex = log.key.toString('hex')
    if (this.#books.has(hex)) return
    const here = log.device === this.#options.device
    const book: Book = { key: log.key, here, claims: new Map(), early: new Map(), epochs: [] }
    this.#books.set(hex, book)
    this.#named.set(logPrefix(log.key), hex)
  }

  /** A device told in a session that it holds the first `length` records of a log. */
  tell(device: string, log: string, length: number): void {
    this.#tell(device, log, 'held', length)
  }

  /** A device told in a session that its person has read the first `length` records of a log. */
  tellRead(device: string, log: string, length: number): void {
    this.#tell(device, log, 'read', length)
  }

  /** A node that can not read the room said that it holds, durably, the first `length` records of a log, and no more. */
  stored(node: string, log: string, length: number): void {
    this.#shrink(this.#books.get(log), node, length)
    this.#note(log, { device: node, holder: BLIND, by: 'told', what: 'held', length })
  }

  /** A node holds the room no more. */
  dropped(node: string): void {
    for (const book of this.#books.values()) this.#shrink(book, node, 0)
  }

  take({ log, seq, body, epoch }: PlacedRecord): void {
    const book = this.#books.get(log.hex)
    if (book) this.#grow(book, log.hex, seq, epoch)
    if (body.kind !== KIND_ACK && body.heads.length === 0) return
    const now = this.#options.holder(log.device)
    // A record counts only up to where its author was in, so whoever is out by now was in when it wrote this.
    const holder = now && { ...now, in: true }
    if (!holder) return
    const state = (what: Claim['what'], hex: string | undefined, length: number): void => {
      if (hex) this.#note(hex, { device: log.device, holder, by: 'stated', what, length })
    }
    for (const head of body.heads) state('held', head.log.toString('hex'), head.length)
    const ack = body.kind === KIND_ACK ? decodeAck(body.payload) : null
    for (const { log: prefix, length } of ack?.have ?? []) {
      state('held', this.#named.get(prefix.toString('hex')), length)
    }
    for (const { log: prefix, length } of ack?.read ?? []) {
      state('read', this.#named.get(prefix.toString('hex')), length)
    }
  }

  /** How many devices of members said that they have a record of this person. */
  havers(log: string, seq: number): number {
    let count = 0
    for (const { person, told, stated } of this.#books.get(log)?.claims.values() ?? []) {
      if (person !== NOBODY && Math.max(told.held, stated.held) > seq) count++
    }
    return count
  }

  /** The delivery of a record of this person. */
  of(log: string, seq: number): Delivery {
    const book = this.#books.get(log)
    if (!book) return { state: 'saved', devices: 0 }
    const epoch = epochAt(book, seq)
    let carried = 0
    let shown = 0
    const readers = new Set<string>()
    for (const [device, { person, told, stated }] of book.claims) {
      if (Math.max(told.held, stated.held) > seq) carried++
      const meant = Math.max(told.shown, stated.shown) > seq
      // Who came after that epoch has the record, and can not open it.
      if (!meant || epoch === null || !this.#options.opens(device, epoch)) continue
      shown++
      if (Math.max(told.read, stated.read) > seq) readers.add(person)
    }
    if (readers.size > 0) return { state: 'read', devices: readers.size }
    if (shown > 0) return { state: 'delivered', devices: shown }
    return { state: carried > 0 ? 'carried' : 'saved', devices: carried }
  }

  save(): Buffer {
    const books = [...this.#books.values()].map(({ key, here, claims, epochs }) => ({
      key,
      here: here ? 1 : 0,
      epochs,
      claims: [...claims].map(([device, { person, told, stated }]) => ({
        device: Buffer.from(device, 'hex'),
        person: Buffer.from(person, 'hex'),
        told,
        stated,
      })),
    }))
    return encode(saved, books)
  }

  load(data: Buffer): void {
    for (const { key, here, epochs, claims } of decodeExact(saved, data)) {
      this.add({ key, device: here ? this.#options.device : '' })
      const book = this.#books.get(key.toString('hex'))!
      book.epochs = epochs
      for (const { device, person, told, stated } of claims) {
        const claim = { person: person.toString('hex'), told, stated }
        book.claims.set(device.toString('hex'), claim)
      }
    }
  }

  /** Forgets what records say; what was told in sessions can not be learned again, and stays. */
  reset(): void {
    for (const book of this.#books.values()) {
      book.epochs = []
      for (const [device, claims] of book.claims) {
        book.claims.set(device, { ...claims, stated: nothing() })
      }
    }
  }

  #tell(device: string, log: string, what: Claim['what'], length: number): void {
    const holder = this.#options.holder(device)
    if (holder) this.#note(log, { device, holder, by: 'told', what, length })
  }

  #note(log: string, claim: Claim): void {
    const { device, holder, by, what, length } = claim
    const book = this.#books.get(log)
    // A fresh log of ours names the one before: that is no delivery.
    if (!book || device === this.#options.device) return
    const own = holder.person === this.#options.person
    const meant = holder.in && !holder.muted && !own
    if (what === 'read' && !meant) return
    if (length > this.#options.written(log)) return this.#keep(book, claim)
    const claims = book.claims.get(device) ?? {
      person: holder.person,
      told: nothing(),
      stated: nothing(),
    }
    // A node that held the room may become a member of it.
    if (claims.person === NOBODY) claims.person = holder.person
    const lengths = claims[by]
    const before = lengths.held + lengths.shown + lengths.read
    lengths.held = Math.max(lengths.held, length)
    if (meant) lengths.shown = Math.max(lengths.shown, length)
    if (what === 'read') lengths.read = Math.max(lengths.read, length)
    if (lengths.held + lengths.shown + lengths.read === before) return
    book.claims.set(device, claims)
    this.#onnews()
  }

  #shrink(book: Book | undefined, node: string, length: number): void {
    const claims = book?.claims.get(node)
    // One that became a member's device speaks for itself.
    if (claims?.person !== NOBODY || claims.told.held <= length) return
    claims.told.held = length
    this.#onnews()
  }

  /** Of this device's own logs nobody else can know more; of our others' they may be ahead of us. */
  #keep(book: Book, claim: Claim): void {
    const id = `${claim.device}/${claim.by}/${claim.what}`
    if (book.here || (book.early.size >= MAX_EARLY && !book.early.has(id))) return
    book.early.set(id, claim)
  }

  #grow(book: Book, log: string, seq: number, epoch: number): void {
    if (epochAt(book, seq) !== epoch) {
      book.epochs = [...book.epochs.filter(({ from }) => from < seq), { from: seq, epoch }]
    }
    for (const [id, claim] of book.early) {
      if (claim.length > this.#options.written(log)) continue
      book.early.delete(id)
      this.#note(log, claim)
    }
  }
}

function nothing(): Lengths {
  return { held: 0, shown: 0, read: 0 }
}

/** The epoch of a record; null before the first is known. */
function epochAt(book: Book, seq: number): number | null {
  let found: number | null = null
  for (const { from, epoch } of book.epochs) {
    if (from > seq) break
    found = epoch
  }
  return found
}

const lengths: Codec<Lengths> = struct<Lengths>({ held: uint, shown: uint, read: uint })

const saved = list(
  struct<{
    key: Buffer
    here: number
    epochs: { from: number; epoch: number }[]
    claims: { device: Buffer; person: Buffer; told: Lengths; stated: Lengths }[]
  }>({
    key: fixed(32),
    here: uint,
    epochs: list(struct({ from: uint, epoch: uint }), Number.MAX_SAFE_INTEGER),
    claims: list(
      struct<{ device: Buffer; person: Buffer; told: Lengths; stated: Lengths }>({
        device: fixed(32),
        person: fixed(32),
        told: lengths,
        stated: lengths,
      }),
      Number.MAX_SAFE_INTEGER,
    ),
  }),
  Number.MAX_SAFE_INTEGER,
)
