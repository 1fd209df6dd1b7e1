import type { RoomView } from '../../core/api.ts'
import { PorchlightError } from '../../core/errors.ts'

/**
 * The room a person means by an id, a unique prefix of one, or a unique name. A whole id comes
 * first; where a name of one room is the start of another's id, neither is guessed.
 * Errors: NOT_FOUND; AMBIGUOUS, with the candidates.
 */
export function findRoom(reference: string, rooms: readonly RoomView[]): RoomView {
  const exact = rooms.find((room) => room.id === reference)
  if (exact !== undefined) return exact
  const prefix = reference.toLowerCase()
  const found =
    prefix === ''
      ? []
      : rooms.filter((room) => room.name === reference || room.id.startsWith(prefix))
  if (found.length === 1) return found[0]!
  if (found.length === 0) {
    throw new PorchlightError(
      'NOT_FOUND',
      `No room is called "${shorten(reference)}", and no room's id begins so. See them with \`porchlight room list\`.`,
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
