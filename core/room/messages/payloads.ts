/** What the records of a conversation carry: bounded codecs, for what peers wrote as for what is written here. */
import {
  bounded,
  bytes,
  checked,
  fixed,
  list,
  optional,
  struct,
  text,
  uint,
} from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { imageType } from './image-type.ts'
import { isReaction, MAX_REACTION } from './reaction.ts'

/** Longest text of a message, in bytes of UTF-8. */
export const MAX_TEXT = 16 * 1024
/** Most persons that one message names. */
export const MAX_MENTIONS = 64
/** Largest picture of a person, in bytes. */
export const MAX_AVATAR = 24 * 1024
/** Longest name of a place, in bytes of UTF-8. */
export const MAX_LABEL = 256
/** Largest uncertainty of a place, in metres. */
export const MAX_ACCURACY = 100_000
/** Bounds of a message's timer, in ms: a second and a year. */
export const MIN_TIMER = 1_000
export const MAX_TIMER = 366 * 24 * 60 * 60 * 1_000
/** Degrees are kept in units of 1e-7, about a centimetre. */
export const DEGREE = 10_000_000

/** Where a message stands: the 32-byte key of its log, its sequence. */
export interface Target {
  log: Buffer
  seq: number
}

/** A point on WGS 84 in units of 1e-7 degrees; `accuracy` in metres. */
export interface PointPayload {
  latitude: number
  longitude: number
  accuracy: number | null
  label: string | null
}

/** Payload of `KIND_TEXT`. Its text may be empty only beside a location. */
export interface TextPayload {
  text: string
  replyTo: Target | null
  /** ms from sending until it disappears. */
  expiresIn: number | null
  /** 32-byte ids of the persons that it names. */
  mentions: Buffer[]
  location: PointPayload | null
}

/** Payload of `KIND_EDIT`: what the target says from now on; nothing, only where it carries a file. */
export interface EditPayload {
  target: Target
  text: string
  mentions: Buffer[]
}

/** Payload of `KIND_DELETE`. */
export interface DeletePayload {
  target: Target
}

/** Payload of `KIND_REACT`: `on` 0 takes the reaction back. */
export interface ReactPayload {
  target: Target
  emoji: string
  on: number
}

/** Payload of `KIND_AVATAR`: a PNG, JPEG or WebP; empty for none. */
export interface AvatarPayload {
  image: Buffer
}

/** Codec of a place. */
export const target: Codec<Target> = struct({ log: fixed(32), seq: uint })
/** Codec of the persons that a text names. */
export const mentions: Codec<Buffer[]> = list(fixed(32), MAX_MENTIONS)
/** Codec of a message's timer. */
export const timer: Codec<number | null> = optional(
  checked(bounded(MAX_TIMER), (ms) => ms >= MIN_TIMER, 'a timer too short'),
)

/** Codec of a message. */
export const textPayload: Codec<TextPayload> = checked(
  struct<TextPayload>({
    text: text(MAX_TEXT),
    replyTo: optional(target),
    expiresIn: timer,
    mentions,
    location: optional(
      struct<PointPayload>({
        latitude: degrees(90),
        longitude: degrees(180),
        accuracy: optional(bounded(MAX_ACCURACY)),
        label: optional(text(MAX_LABEL)),
      }),
    ),
  }),
  (value) => value.text.length > 0 || value.location !== null,
  'a message that says nothing',
)

/** Codec of an edit. */
export const editPayload: Codec<EditPayload> = struct({ target, text: text(MAX_TEXT), mentions })

/** Codec of a deletion. */
export const deletePayload: Codec<DeletePayload> = struct({ target })

/** Codec of a reaction. */
export const reactPayload: Codec<ReactPayload> = struct({
  target,
  emoji: checked(text(MAX_REACTION), isReaction, 'no emoji'),
  on: bounded(1),
})

/** Codec of a picture: only what its own bytes show to be one. */
export const avatarPayload: Codec<AvatarPayload> = struct({
  image: checked(
    bytes(MAX_AVATAR),
    (image) => image.byteLength === 0 || imageType(image) !== null,
    'no picture that is allowed',
  ),
})

/** A text alone. */
export function plainText(words: string, replyTo: Target | null = null): TextPayload {
  return { text: words, replyTo, expiresIn: null, mentions: [], location: null }
}

/** Degrees in [-max, max], in units of 1e-7, moved so that none is negative. */
function degrees(max: number): Codec<number> {
  const units = max * DEGREE
  const raw = bounded(2 * units)
  return checked(
    {
      preencode: (s, v) => raw.preencode(s, v + units),
      encode: (s, v) => raw.encode(s, v + units),
      decode: (s) => raw.decode(s) - units,
    },
    (v) => Number.isInteger(v) && Math.abs(v) <= units,
    `degrees beyond ${max}`,
  )
}
