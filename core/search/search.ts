import type { SearchHit, SearchOptions, SearchPage } from '../api.ts'
import { PorchlightError } from '../errors.ts'
import { parseQuery } from './query.ts'
import type { Term } from './query.ts'
import type { Found } from './search-room.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100
/** Most rooms whose place a cursor can hold. */
const MAX_ROOMS = 1024

/** One room that can be searched. */
export interface Searchable {
  readonly id: string
  /** The newest `limit` that hold all terms, before a message (its id). */
  search(terms: readonly Term[], options: { before?: string; limit: number }): Promise<Found[]>
}

/** Room → the last message of it that was shown. */
type Cursor = Record<string, string>

/**
 * Searches rooms: each gives its newest, and they are put together by the time that their authors claim, as rooms
 * have no order in common. Errors: `BAD_REQUEST`.
 */
export async function search(
  rooms: readonly Searchable[],
  words: string,
  options: SearchOptions = {},
): Promise<SearchPage> {
  const limit = options.limit ?? DEFAULT_LIMIT
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new PorchlightError('BAD_REQUEST', `A page of results has between 1 and ${MAX_LIMIT}.`)
  }
  const cursor = options.after === undefined ? {} : parseCursor(options.after)
  const terms = parseQuery(words)
  if (terms.length === 0) return { hits: [] }
  const perRoom = await Promise.all(
    rooms.map(async (room) => {
      const before = cursor[room.id]
      const found = await room.search(terms, { limit: limit + 1, ...(before && { before }) })
      return found.map((hit) => ({ roomId: room.id, ...hit }))
    }),
  )
  const all = merge(perRoom, limit + 1)
  const hits = all.slice(0, limit)
  if (all.length <= limit) return { hits }
  for (const { roomId, message } of hits) cursor[roomId] = message.id
  return { hits, after: Buffer.from(JSON.stringify(cursor)).toString('base64url') }
}

/** The newest first, but never two messages of one room against that room's order. */
function merge(perRoom: readonly SearchHit[][], count: number): SearchHit[] {
  const waiting = perRoom.map((hits) => [...hits].reverse())
  const out: SearchHit[] = []
  while (out.length < count) {
    const [first] = waiting
      .filter((hits) => hits.length > 0)
      .sort((a, b) => b.at(-1)!.message.sentAt - a.at(-1)!.message.sentAt)
    if (!first) break
    out.push(first.pop()!)
  }
  return out
}

function parseCursor(after: string): Cursor {
  try {
    if (after.length > 128 * MAX_ROOMS) throw new Error('long')
    const cursor = JSON.parse(Buffer.from(after, 'base64url').toString()) as Cursor
    const entries = Object.entries(cursor)
    if (entries.length <= MAX_ROOMS && entries.every(([, id]) => typeof id === 'string')) {
      return Object.fromEntries(entries)
    }
  } catch {
    // Said below.
  }
  throw new PorchlightError('BAD_REQUEST', 'This is not where a page of results ended.')
}
