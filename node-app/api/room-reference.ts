import type { RoomView } from '../../core/api.ts'
import { PorchlightError } from '../../core/errors.ts'

/**
 * The room a person means by an id, a unique prefix of one, or a unique name. A whole id comes
 * first, then a name, then a prefix, so that a name is never mistaken for the start of an id.
 * Errors: NOT_FOUND; AMBIGUOUS, with the candidates.
 */
export function findRoom(reference: string, rooms: readonly RoomView[]): RoomView {
  const exact = rooms.find((room) => room.id === reference)
  if (exact !== undefined) return exact
  const named = rooms.filter((room) => room.name === reference)
  const prefix = reference.toLowerCase()
  const found = named.length > 0 ? named : rooms.filter((room) => room.id.startsWith(prefix))
  if (found.length === 1) return found[0]!
  if (found.length === 0 || prefix === '') {
    throw new PorchlightError(
      'NOT_FOUND',
      `No room is called or begins with "${shorten(reference)}". See them with \`porchlight room list\`.`,
    )
  }
  const candidates = found
    .slice(0, 10)
    .map((room) => `${room.id.slice(0, 12)} (${shorten(room.name)})`)
  const more = found.length > 10 ? ` and ${found.length - 10} more` : ''
  throw new PorchlightError(
    'AMBIGUOUS',
    `"${shorten(reference)}" could be ${candidates.join(', ')}${more}: use more of the id.`,
  )
}

function shorten(text: string): string {
  return text.length > 64 ? `${text.slice(0, 63)}…` : text
}
