import type { SearchHit } from '../api/views.ts'

/** What was found, by room: rooms in the order of their newest hit, hits as they came. */
export function hitsByRoom(
  hits: readonly SearchHit[],
): readonly (readonly [string, readonly SearchHit[]])[] {
  const rooms = new Map<string, SearchHit[]>()
  for (const hit of hits) {
    const found = rooms.get(hit.roomId)
    if (found) found.push(hit)
    else rooms.set(hit.roomId, [hit])
  }
  return [...rooms]
}
