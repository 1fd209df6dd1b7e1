/** How the items that somebody would have kept are told of, in parts. */
import { isPossible } from '../../files/descriptor.ts'
import type { ItemName } from '../copy.ts'

/** Items of one mirror that one may name. */
export const MAX_LISTED = 2048

/** What one would have kept: more and less than before, or nothing but this. */
export interface ListChange {
  /** What was named before does not count. */
  readonly fresh: boolean
  /** The newest first. */
  readonly list: readonly ItemName[]
  /** Roots (hex). */
  readonly gone: readonly string[]
}

/** Gathers the parts of a change as they come. */
export class ListIntake {
  #fresh = false
  #list: ItemName[] = []
  #gone: string[] = []

  /** The change once its last part is here; null before. What is too much, and what no item can be, is left out. */
  take(part: {
    readonly fresh: number
    readonly more: number
    readonly list: readonly ItemName[]
    readonly gone: readonly Buffer[]
  }): ListChange | null {
    if (part.fresh === 1) this.#begin(true)
    for (const item of part.list) {
      if (this.#list.length < MAX_LISTED && isPossible(item)) this.#list.push(item)
    }
    for (const root of part.gone) {
      if (this.#gone.length < MAX_LISTED) this.#gone.push(root.toString('hex'))
    }
    if (part.more === 1) return null
    const change = { fresh: this.#fresh, list: this.#list, gone: this.#gone }
    this.#begin(false)
    return change
  }

  #begin(fresh: boolean): void {
    this.#fresh = fresh
    this.#list = []
    this.#gone = []
  }
}

/** What to tell one who was told of `told` (roots in hex; null for nothing at all) of what is named now, the newest first; null for nothing new. */
export function listChange(
  told: ReadonlySet<string> | null,
  items: readonly ItemName[],
): ListChange | null {
  const now = items.slice(0, MAX_LISTED)
  const names = new Set(now.map(({ root }) => root.toString('hex')))
  const list = now.filter(({ root }) => !told?.has(root.toString('hex')))
  const gone = [...(told ?? [])].filter((root) => !names.has(root))
  if (told && list.length === 0 && gone.length === 0) return null
  return { fresh: told === null, list, gone }
}

/** The parts in which a change is told, with so many items in each. */
export function* partsOf(
  { fresh, list, gone }: ListChange,
  most: number,
): Generator<{ fresh: number; more: number; list: ItemName[]; gone: Buffer[] }> {
  for (let at = 0; at === 0 || at < list.length || at < gone.length; at += most) {
    yield {
      fresh: Number(fresh && at === 0),
      more: Number(at + most < list.length || at + most < gone.length),
      list: list.slice(at, at + most),
      gone: gone.slice(at, at + most).map((root) => Buffer.from(root, 'hex')),
    }
  }
}
