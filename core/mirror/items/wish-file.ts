/** What is kept of a wish list from one start to the next. */
import { bounded, encode, fixed, list, struct, text, tryDecode, uint } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { HASH, isPossible, MAX_CHUNK, MAX_ITEM } from '../../files/descriptor.ts'
import { listerName, MAX_LISTERS, MAX_WISHES, WishList } from './wish-list.ts'

const VERSION = 1
/** Longest address, in characters that take a byte each. */
const MAX_ADDRESS = 160

interface Stored {
  version: number
  listers: { key: Buffer; node: number; address: string; paired: number; seen: number }[]
  /** `by`: indexes into `listers`; `payer`: one of these and 1, or 0. */
  wishes: { root: Buffer; size: number; chunk: number; by: number[]; payer: number }[]
}

const codec: Codec<Stored> = struct<Stored>({
  version: bounded(VERSION),
  listers: list(
    struct<Stored['listers'][number]>({
      key: fixed(HASH),
      node: bounded(1),
      address: text(MAX_ADDRESS),
      paired: bounded(1),
      seen: uint,
    }),
    MAX_LISTERS,
  ),
  wishes: list(
    struct<Stored['wishes'][number]>({
      root: fixed(HASH),
      size: bounded(MAX_ITEM),
      chunk: bounded(MAX_CHUNK),
      by: list(bounded(MAX_LISTERS - 1), MAX_LISTERS),
      payer: bounded(MAX_LISTERS),
    }),
    MAX_WISHES,
  ),
})

/** The bytes of a wish list. */
export function encodeWishes(wishes: WishList): Buffer {
  const names = [...wishes.listers.keys()]
  return encode(codec, {
    version: VERSION,
    listers: [...wishes.listers.values()].map(({ key, node, address, paired, seen }) => {
      return { key, node: Number(node), address, paired: Number(paired), seen }
    }),
    wishes: [...wishes].map(({ item, by, payer }) => ({
      ...item,
      by: [...by].map((name) => names.indexOf(name)).filter((at) => at >= 0),
      payer: payer === null ? 0 : 1 + names.indexOf(payer),
    })),
  })
}

/** What the bytes say; null for what is damaged. */
export function decodeWishes(bytes: Uint8Array): WishList | null {
  const stored = tryDecode(codec, bytes)
  if (stored?.version !== VERSION) return null
  const wishes = new WishList()
  const names: string[] = []
  for (const { key, node, address, paired, seen } of stored.listers) {
    const lister = { key, node: node === 1, address, paired: paired === 1, seen }
    wishes.know(lister)
    names.push(listerName(lister))
  }
  for (const { by, payer, ...item } of stored.wishes) {
    const who = by.map((at) => names[at]).filter((name) => name !== undefined)
    if (who.length === 0 || !isPossible(item)) continue
    wishes.restore(item, who, payer === 0 ? null : (names[payer - 1] ?? null))
  }
  return wishes
}
