import type { RoomView } from '../../../node-app/api/schemas.ts'

/** Unread rooms first, then by name; the same list always comes out the same. */
export function roomOrder(rooms: readonly RoomView[]): RoomView[] {
  return [...rooms].sort(
    (a, b) =>
      Number(b.unread > 0) - Number(a.unread > 0) ||
      a.name.localeCompare(b.name) ||
      (a.id < b.id ? -1 : 1),
  )
}
