import type { RoomView } from '../api/views.ts'

/** By name, so that a room stays where it was seen last; the same list always comes out the same. */
export function roomOrder(rooms: readonly RoomView[]): RoomView[] {
  return [...rooms].sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1))
}
