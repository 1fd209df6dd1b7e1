import { BoundedMap } from '../../bounded-map.ts'
import type { Clock } from '../../clock.ts'
import { Bitfield } from '../bitfield.ts'
import { KINDS } from './messages.ts'
import type { FileSenders, GainedMessage, HasMessage, Kind } from './messages.ts'

/** For so long a peer that answered is not asked the same again while there are others to be asked about. */
const REST = 5 * 60_000
const MAX_RESTED = 16_384

/** What a peer has of an item. */
export interface RemoteItem {
  readonly tag: Buffer
  readonly root: Buffer
  /** Chunks of the item, when it is being fetched; null when only asked about. */
  readonly chunks: number | null
  /** Null until the peer said it. */
  kind: Kind | null
  /** What befell the original, if it was sent from there. */
  trouble: 'changed' | 'gone' | null
  /** When the peer was asked. */
  readonly since: number
  /** With `some`, of an item that is being fetched. */
  bits: Bitfield | null
}

/** An item that a peer is to be asked about. */
export type Interest = Pick<RemoteItem, 'tag' | 'root' | 'chunks'>

/** What one peer has of the items that it was asked about. */
export class RemoteItems {
  readonly #send: Pick<FileSenders, 'ask' | 'forget'>
  readonly #clock: Clock
  readonly #items = new Map<string, RemoteItem>()
  /** When each was asked about last that had been answered. */
  readonly #rested = new BoundedMap<string, number>(MAX_RESTED)

  constructor(send: Pick<FileSenders, 'ask' | 'forget'>, clock: Clock) {
    this.#send = send
    this.#clock = clock
  }

  get(root: string): RemoteItem | undefined {
    return this.#items.get(root)
  }

  get size(): number {
    return this.#items.size
  }

  /** True when the peer answered not long ago, and was not asked again. */
  rested(root: string): boolean {
    return (this.#rested.get(root) ?? -Infinity) > this.#clock.monotonic() - REST
  }

  [Symbol.iterator](): IterableIterator<[string, RemoteItem]> {
    return this.#items.entries()
  }

  /** Asks about these, and no others any more; gives the roots of those that were dropped or begin anew. */
  follow(wanted: ReadonlyMap<string, Interest>): string[] {
    const dropped: RemoteItem[] = []
    for (const [root, item] of this.#items) {
      const next = wanted.get(root)
      const same =
        next?.tag.equals(item.tag) && (next.chunks === null || next.chunks === item.chunks)
      if (!same) dropped.push(item)
    }
    const now = this.#clock.monotonic()
    for (const { root, kind } of dropped) {
      this.#items.delete(root.toString('hex'))
      if (kind !== null) this.#rested.set(root.toString('hex'), now)
    }
    byTag(dropped, (tag, roots) => this.#send.forget.send({ tag, roots }))
    const fresh: RemoteItem[] = []
    for (const [root, interest] of wanted) {
      if (this.#items.has(root)) continue
      const item = { ...interest, kind: null, bits: null, trouble: null, since: now }
      this.#items.set(root, item)
      fresh.push(item)
    }
    byTag(fresh, (tag, roots) => this.#send.ask.send({ tag, roots }))
    return dropped.map(({ root }) => root.toString('hex'))
  }

  /** The item as it is now; null for one that was not asked about, `malformed` for what can not be. */
  onhas({ tag, root, kind, bits }: HasMessage): RemoteItem | 'malformed' | null {
    const item = this.#items.get(root.toString('hex'))
    if (!item?.tag.equals(tag)) return null
    item.kind = KINDS[kind]!
    if (item.kind === 'changed' || item.kind === 'gone') item.trouble = item.kind
    if (item.kind === 'all') item.trouble = null
    item.bits = null
    if (item.kind !== 'some') return bits.byteLength === 0 ? item : 'malformed'
    if (item.chunks === null) return item
    item.bits = Bitfield.from(item.chunks, bits)
    return item.bits ? item : 'malformed'
  }

  /** As `onhas`. */
  ongained({ tag, root, runs }: GainedMessage): RemoteItem | 'malformed' | null {
    const item = this.#items.get(root.toString('hex'))
    if (!item?.tag.equals(tag)) return null
    // Of what is only asked about, it does not matter which.
    if (!item.bits) return item
    let end = 0
    for (const { from, count } of runs) {
      // One after another, so that a short message costs no more than the item has chunks.
      if (from < end || from + count > item.bits.length) return 'malformed'
      end = from + count
      for (let index = from; index < from + count; index++) item.bits.set(index)
    }
    if (!item.bits.isFull) return item
    item.kind = 'all'
    item.bits = null
    return item
  }
}

/** The peer does not have this chunk after all. */
export function lacking(item: RemoteItem, index: number): void {
  if (item.kind === 'all') {
    // Of what is only asked about, it does not say which: no more is asked for until that is known.
    item.bits = item.chunks === null ? null : Bitfield.full(item.chunks)
    item.kind = 'some'
  }
  item.bits?.clear(index)
}

function byTag(items: readonly RemoteItem[], send: (tag: Buffer, roots: Buffer[]) => void): void {
  const groups = new Map<string, RemoteItem[]>()
  for (const item of items) {
    const key = item.tag.toString('hex')
    groups.set(key, [...(groups.get(key) ?? []), item])
  }
  for (const group of groups.values()) {
    send(
      group[0]!.tag,
      group.map(({ root }) => root),
    )
  }
}
