import type { MessageView } from '../api.ts'
import { compare } from '../timeline/order.ts'
import type { Position } from '../timeline/order.ts'
import type { Timeline } from '../timeline/timeline.ts'
import { HIDDEN } from '../timeline/log-index.ts'
import { newest } from './newest.ts'
import { match } from './query.ts'
import type { Term } from './query.ts'
import { shownWords } from './said.ts'
import type { SearchIndex } from './search-index.ts'

/** Candidates read in one go. */
const CHUNK = 64
/** Candidates read for one page: what was edited or deleted costs a look each. */
const MAX_READ = 4096

/** A message, and where in its text the terms stand. */
export interface Found {
  readonly message: MessageView
  readonly marks: readonly (readonly [number, number])[]
}

export interface SearchRoomOptions {
  readonly index: SearchIndex
  readonly timeline: Timeline
  readonly read: (positions: readonly Position[]) => Promise<readonly MessageView[]>
}

/** Messages of one room that hold all terms as they read now: the newest `limit` before `before`, newest first. */
export async function searchRoom(
  { index, timeline, read }: SearchRoomOptions,
  terms: readonly Term[],
  { before, limit }: { before: Position | null; limit: number },
): Promise<Found[]> {
  const candidates: Position[] = []
  for (const { log: hex, seq } of index.find(terms)) {
    const position = timeline.position({ log: hex, seq })
    if (!position || position.log.kind(seq) === HIDDEN || timeline.hides(hex)) continue
    candidates.push(position)
  }
  const found: Found[] = []
  let last = before
  for (let looked = 0; looked < MAX_READ; looked += CHUNK) {
    const chunk = newest(candidates, compare, last, CHUNK)
    // Views come in the order asked for; one whose block is gone is left out.
    for (const message of await read(chunk)) {
      const marks = match(shownWords(message), terms)
      if (marks)
        found.push({ message, marks: marks.filter(([, end]) => end <= message.text.length) })
      if (found.length === limit) return found
    }
    if (chunk.length < CHUNK) break
    last = chunk.at(-1)!
  }
  return found
}
