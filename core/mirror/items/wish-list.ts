import type { ItemName } from '../copy.ts'
import type { Lister } from '../exchange/shared-copy.ts'
import type { Refused } from '../policy/refusals.ts'
import type { ListChange } from './item-lists.ts'
import { MAX_LISTED } from './item-lists.ts'

/** Items of one mirror that are known of. */
export const MAX_WISHES = 4096
/** Who names items of one mirror. */
export const MAX_LISTERS = 256

/** One who would have items kept. */
export interface KnownLister extends Lister {
  /** As RunTime has it. */
  seen: number
}

/** An item that somebody would have kept. */
export interface Wish {
  /** Root (hex), size and chunk: who lies of these names another item. */
  readonly name: string
  readonly rootHex: string
  readonly item: ItemName
  /** Listers (see `listerName`). */
  readonly by: Set<string>
  /** Who it is counted for; null while no space is taken for it. */
  payer: string | null
  /** Why no space was to be had when it was last tried. */
  refused: Refused | null
  /** Not tried again before this time (monotonic ms). */
  restsUntil: number
}

/** What those who deposited a mirror would have kept of its items, the oldest first. */
export class WishList {
  readonly #wishes = new Map<string, Wish>()
  readonly #byRoot = new Map<string, Wish[]>()
  readonly #listers = new Map<string, KnownLister>()
  readonly #counts = new Map<string, number>()

  get size(): number {
    return this.#wishes.size
  }

  [Symbol.iterator](): IterableIterator<Wish> {
    return this.#wishes.values()
  }

  get listers(): ReadonlyMap<string, KnownLister> {
    return this.#listers
  }

  /** What is wished of a root (hex), in more than one way where somebody lies of it. */
  of(rootHex: string): readonly Wish[] {
    return this.#byRoot.get(rootHex) ?? []
  }

  /** What is wished, root by root. */
  roots(): Iterable<[rootHex: string, wishes: readonly Wish[]]> {
    return this.#byRoot
  }

  /** How many items somebody names. */
  countOf(lister: string): number {
    return this.#counts.get(lister) ?? 0
  }

  /** What somebody names. */
  *named(lister: string): Generator<Wish> {
    for (const wish of this) if (wish.by.has(lister)) yield wish
  }

  /** Notes what somebody would have kept, at most `most` items of theirs: gives what nobody names any more, and whether anything is else than before. */
  change(
    lister: Lister,
    { fresh, list, gone }: ListChange,
    { now, most }: { now: number; most: number },
  ): { dropped: Wish[]; changed: boolean } {
    const who = listerName(lister)
    let changed = !this.#listers.has(who)
    if (changed && this.#listers.size >= MAX_LISTERS) return { dropped: [], changed: false }
    const before = this.countOf(who)
    this.#listers.set(who, { ...lister, seen: now })
    const out = new Set(gone)
    const stays = new Set(list.map(nameOf))
    const dropped = this.#leave(who, ({ name, rootHex }) => {
      return (fresh || out.has(rootHex)) && !stays.has(name)
    })
    const left = this.countOf(who)
    changed ||= left < before
    let room = Math.min(most, MAX_LISTED) - left
    const news: ItemName[] = []
    for (const item of list) {
      const known = this.#wishes.get(nameOf(item))
      if (known?.by.has(who)) continue
      if (room-- <= 0) break
      changed = true
      if (!known) news.push(item)
      else {
        known.by.add(who)
        this.#count(who, 1)
        // Who names it too may have it.
        known.restsUntil = -Infinity
      }
    }
    // The newest come first, and stand last here.
    for (const item of news.reverse()) {
      if (this.#wishes.size >= MAX_WISHES) break
      this.restore(item, [who], null)
    }
    return { dropped, changed }
  }

  /** Somebody is not listened to any more: gives what nobody names now. */
  forget(lister: string): Wish[] {
    this.#listers.delete(lister)
    return this.#leave(lister, () => true)
  }

  /** Puts in what was known in an earlier run. */
  restore(item: ItemName, by: Iterable<string>, payer: string | null): void {
    const { root, size, chunk } = item
    const name = nameOf(item)
    const rootHex = root.toString('hex')
    if (this.#wishes.has(name)) return
    const wish: Wish = {
      name,
      rootHex,
      item: { root, size, chunk },
      by: new Set(by),
      payer,
      refused: null,
      restsUntil: -Infinity,
    }
    for (const who of wish.by) this.#count(who, 1)
    this.#wishes.set(name, wish)
    this.#byRoot.set(rootHex, [...this.of(rootHex), wish])
  }

  /** The same for who names items. */
  know(lister: KnownLister): void {
    this.#listers.set(listerName(lister), lister)
  }

  #count(who: string, by: 1 | -1): void {
    const count = this.countOf(who) + by
    if (count > 0) this.#counts.set(who, count)
    else this.#counts.delete(who)
  }

  #leave(who: string, which: (wish: Wish) => boolean): Wish[] {
    const dropped: Wish[] = []
    for (const wish of this) {
      if (!wish.by.has(who) || !which(wish)) continue
      wish.by.delete(who)
      this.#count(who, -1)
      if (wish.by.size > 0) continue
      this.#wishes.delete(wish.name)
      const others = this.of(wish.rootHex).filter((one) => one !== wish)
      if (others.length > 0) this.#byRoot.set(wish.rootHex, others)
      else this.#byRoot.delete(wish.rootHex)
      dropped.push(wish)
    }
    return dropped
  }
}

/** Names one who would have items kept. */
export function listerName({ key, node }: Pick<Lister, 'key' | 'node'>): string {
  return `${node ? 'node' : 'depositor'} ${key.toString('hex')}`
}

function nameOf({ root, size, chunk }: ItemName): string {
  return `${root.toString('hex')} ${size} ${chunk}`
}
