import { InvalidArgumentError } from 'commander'

/** A path of the API with a person's words in it, as `/rooms/…/members`. Errors: wrong usage, for an empty word. */
export function roomPath(room: string, rest = ''): string {
  return `/rooms/${segment(room, 'The room')}${rest}`
}

/** `/rooms/ROOM/messages/ID` and below. */
export function messagePath(room: string, message: string, rest = ''): string {
  return roomPath(room, `/messages/${segment(message, 'The message’s id')}${rest}`)
}

/** `/rooms/ROOM/members/MEMBER` and below. */
export function memberPath(room: string, member: string, rest = ''): string {
  return roomPath(room, `/members/${segment(member, 'The member')}${rest}`)
}

/** `/rooms/ROOM/files/FILE` and below. */
export function filePath(room: string, file: string, rest = ''): string {
  return roomPath(room, `/files/${segment(file, 'The file')}${rest}`)
}

/** One segment of a path. `what` is for the complaint about an empty one. */
export function segment(words: string, what: string): string {
  if (words === '') throw new InvalidArgumentError(`${what} must not be empty.`)
  return encodeURIComponent(words)
}
