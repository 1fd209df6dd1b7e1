/** What this person may say: refused with words before anything is written. */
import type { RoomState } from '../../control/room-state.ts'
import { mayActOn, mayModerate, mayWrite } from '../../control/roles.ts'
import { PorchlightError } from '../../errors.ts'
import { safeName } from '../../files/safe-name.ts'
import { ANY_TYPE } from './file-card.ts'
import { isMediaType, MAX_IMAGE_SIDE, MAX_PREVIEW } from './file-payload.ts'
import type { FileOffer, PreviewPayload } from './file-payload.ts'
import { imageType, MAX_SIDE } from './image-type.ts'
import { MAX_AVATAR, MAX_TEXT, MAX_TIMER, MIN_TIMER } from './payloads.ts'
import { isReaction } from './reaction.ts'

/** Something that can be seen: no mere spaces, control or format characters. */
const VISIBLE = /[^\p{Z}\p{Cc}\p{Cf}]/u

/** Errors: `BAD_REQUEST`, `TOO_LARGE`. */
export function checkText(text: string): void {
  if (!VISIBLE.test(text)) throw new PorchlightError('BAD_REQUEST', 'A message needs some text.')
  checkLength(text)
}

/** What is said with a file: nothing, where nothing could be seen. Errors: `TOO_LARGE`. */
export function captionOf(text: string): string {
  if (!VISIBLE.test(text)) return ''
  checkLength(text)
  return text
}

function checkLength(text: string): void {
  if (Buffer.byteLength(text) <= MAX_TEXT) return
  throw new PorchlightError(
    'TOO_LARGE',
    `The message is longer than ${MAX_TEXT} bytes. It was not sent; shorten it, or send it in parts.`,
  )
}

/** A timer as it is sent: the room's own where none is given. Errors: `BAD_REQUEST`. */
export function checkTimer(given: number | undefined, ofRoom: number | null): number | null {
  if (given === undefined) {
    return ofRoom === null ? null : Math.min(MAX_TIMER, Math.max(MIN_TIMER, Math.round(ofRoom)))
  }
  if (Number.isInteger(given) && given >= MIN_TIMER && given <= MAX_TIMER) return given
  throw new PorchlightError(
    'BAD_REQUEST',
    'A message disappears after one second at the soonest and one year at the latest. It was not sent.',
  )
}

/** Errors: `BAD_REQUEST`. */
export function checkReaction(emoji: string): void {
  if (isReaction(emoji)) return
  throw new PorchlightError('BAD_REQUEST', 'A reaction is one emoji. Nothing was sent.')
}

/** Errors: `BAD_REQUEST`, `TOO_LARGE`. */
function checkPreview({ image, width, height }: PreviewPayload): void {
  if (image.byteLength > MAX_PREVIEW) {
    throw new PorchlightError(
      'TOO_LARGE',
      `A preview has at most ${MAX_PREVIEW} bytes. Nothing was sent; choose a smaller one, or none.`,
    )
  }
  const sides = [width, height].every(
    (side) => Number.isInteger(side) && side > 0 && side <= MAX_IMAGE_SIDE,
  )
  if (sides && imageType(image)) return
  throw new PorchlightError(
    'BAD_REQUEST',
    `A preview is a PNG, JPEG or WebP of at most ${MAX_SIDE} by ${MAX_SIDE} pixels, with the size of the image that it shows. Nothing was sent.`,
  )
}

/** Errors: `BAD_REQUEST`, `TOO_LARGE`. */
export function checkAvatar(image: Buffer): void {
  if (image.byteLength > MAX_AVATAR) {
    throw new PorchlightError(
      'TOO_LARGE',
      `A picture has at most ${MAX_AVATAR} bytes. The one before was kept; choose a smaller one.`,
    )
  }
  if (imageType(image)) return
  throw new PorchlightError(
    'BAD_REQUEST',
    `A picture is a PNG, JPEG or WebP of at most ${MAX_SIDE} by ${MAX_SIDE} pixels. The one before was kept.`,
  )
}

/** An offer as it is sent: with a name and a type that everyone takes. Errors: `BAD_REQUEST`, `TOO_LARGE`. */
export function sentOffer(offer: FileOffer): FileOffer {
  const { root, size, chunk, key, contents, files, preview } = offer
  if (preview) checkPreview(preview)
  const type = offer.type.toLowerCase()
  return {
    root,
    size,
    chunk,
    key,
    contents,
    files,
    preview,
    name: safeName(offer.name),
    type: isMediaType(type) ? type : ANY_TYPE,
  }
}

/** Errors: `NOT_ALLOWED` for who can not write now. */
export function checkMayWrite(state: RoomState, person: string): void {
  const entry = state.persons.get(person)
  if (entry?.muted) {
    throw new PorchlightError(
      'NOT_ALLOWED',
      'You are muted in this room: you can read but not write. Ask a moderator of the room.',
    )
  }
  if (entry && mayWrite(entry.role)) return
  throw new PorchlightError(
    'NOT_ALLOWED',
    'In this room you can read but not write. Ask an admin of the room to change that.',
  )
}

/** Errors: `NOT_ALLOWED` for who may not hide, or show again, what `author` wrote. */
export function checkMayHide(state: RoomState, person: string, author: string): void {
  checkMayModerate(state, person, 'hide messages of others or show them again')
  const [own, other] = [person, author].map((id) => state.persons.get(id)?.role ?? 'reader')
  if (person === author || mayActOn(own!, other!)) return
  throw new PorchlightError(
    'NOT_ALLOWED',
    'Only an admin of this room hides what an admin or a moderator wrote. Nothing was changed; ask one of them.',
  )
}

/** Errors: `NOT_ALLOWED` for who is no moderator; `what` says what was asked for. */
export function checkMayModerate(state: RoomState, person: string, what: string): void {
  const entry = state.persons.get(person)
  if (entry && mayModerate(entry.role)) return
  throw new PorchlightError(
    'NOT_ALLOWED',
    `Only moderators and admins of this room ${what}. Nothing was changed; ask one of them.`,
  )
}
