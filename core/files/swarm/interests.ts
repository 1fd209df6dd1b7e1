import { MAX_CHUNKS } from '../descriptor.ts'
import { MAX_ROOTS } from './messages.ts'
import type { RemoteItem } from './remote-items.ts'

/** Chunks that are followed in one session; of other items it is only known whether a peer has any. */
export const MAX_FOLLOWED = 64 * MAX_CHUNKS
/** The most wanted, which are asked about without a pause; the places behind them are taken in turn. */
const STEADY = MAX_ROOTS / 2

/** An item that a peer can be asked about. */
export interface Candidate {
  readonly root: string
  readonly room: string
  /** Chunks of the item, when it is being fetched. */
  readonly chunks: number | null
}

/** What is known of the peer. */
export interface PeerFacts {
  /** What it was asked about, and has. */
  readonly item: (root: string) => Pick<RemoteItem, 'kind'> | undefined
  /** True when it answered not long ago, and others had their turn since. */
  readonly rested: (root: string) => boolean
  /** True when those it has answered give way to others. */
  readonly turn: boolean
}

/** An item that is being fetched. */
export interface Wanted {
  readonly root: string
  readonly count: number
  /** Lower ranks come first. */
  readonly rank: number
  readonly rooms: () => readonly string[]
}

/**
 * What a peer can be asked about that shares some rooms, the most wanted first: what is fetched, by its rank, then what
 * is watched in each room; of all that is equal as much of each room, its newest first. `fetched` has the newest last.
 */
export function candidates(
  rooms: { has: (roomId: string) => boolean },
  fetched: readonly Wanted[],
  watched: ReadonlyMap<string, readonly string[]>,
): Candidate[] {
  const classes = new Map<number, Map<string, Candidate[]>>()
  const add = (rank: number, one: Candidate): void => {
    const lists = classes.get(rank) ?? new Map<string, Candidate[]>()
    classes.set(rank, lists.set(one.room, lists.get(one.room) ?? []))
    lists.get(one.room)!.push(one)
  }
  for (const { root, count, rank, rooms: all } of fetched.toReversed()) {
    const room = all().find((id) => rooms.has(id))
    if (room !== undefined) add(rank, { root, room, chunks: count })
  }
  const known = new Set(fetched.map(({ root }) => root))
  for (const [room, roots] of watched) {
    for (const root of rooms.has(room) ? roots : []) {
      if (!known.has(root)) add(Infinity, { root, room, chunks: null })
    }
  }
  const sorted = [...classes].toSorted(([a], [b]) => (a === b ? 0 : a - b))
  return sorted.flatMap(([, lists]) => inTurns(lists.values()))
}

/** All of several lists, each in its order: the first of each list, then the second of each, and so on. */
export function inTurns<T>(lists: Iterable<readonly T[]>): T[] {
  const all = [...lists]
  const longest = Math.max(0, ...all.map(({ length }) => length))
  const out: T[] = []
  for (let n = 0; n < longest; n++) {
    for (const list of all) if (n < list.length) out.push(list[n]!)
  }
  return out
}

/**
 * What to ask a peer about, of candidates of which the most wanted come first: all, or where these are too many, the
 * most wanted and, in turn, the others. `chunks` stays with as many as can be followed and may be had of it.
 */
export function chosen(candidates: readonly Candidate[], peer: PeerFacts): Candidate[] {
  const asked = candidates.length > MAX_ROOTS ? fitting(candidates, peer) : candidates
  let followed = 0
  return asked.map((candidate) => {
    const { root, chunks } = candidate
    if (chunks === null || !mayHave(peer.item(root)?.kind)) return { ...candidate, chunks: null }
    if (followed + chunks > MAX_FOLLOWED) return { ...candidate, chunks: null }
    followed += chunks
    return candidate
  })
}

function fitting(candidates: readonly Candidate[], peer: PeerFacts): Candidate[] {
  const place = ({ root, chunks }: Candidate): number => {
    const item = peer.item(root)
    if (!item) return peer.rested(root) ? 3 : 1
    if (!peer.turn || (chunks !== null && offers(item.kind))) return 0
    return item.kind === null ? 1 : 2
  }
  const others = candidates.slice(STEADY).map((candidate) => ({ candidate, at: place(candidate) }))
  const sorted = others.toSorted((a, b) => a.at - b.at).map(({ candidate }) => candidate)
  return [...candidates.slice(0, STEADY), ...sorted.slice(0, MAX_ROOTS - STEADY)]
}

function offers(kind: RemoteItem['kind']): boolean {
  return kind === 'some' || kind === 'all'
}

/** True also while it is not known. */
function mayHave(kind: RemoteItem['kind'] | undefined): boolean {
  return (kind ?? null) === null || offers(kind!)
}
