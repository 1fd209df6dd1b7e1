/** What a message that carries a file says of it. */
import { bounded, bytes, checked, fixed, optional, struct, text } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { HASH, isPossible, MAX_CHUNK, MAX_ITEM } from '../../files/descriptor.ts'
import type { ItemRef } from '../../files/descriptor.ts'
import { MAX_CONTENTS, MAX_FILES } from '../../files/store/contents.ts'
import { imageType } from './image-type.ts'
import { MAX_TEXT, mentions, target, timer } from './payloads.ts'
import type { Target } from './payloads.ts'

/** Longest name of a file, in bytes of UTF-8. */
export const MAX_FILE_NAME = 255
/** Longest media type, in bytes. */
export const MAX_MEDIA_TYPE = 127
/** Largest small picture of an image, in bytes. */
export const MAX_PREVIEW = 8 * 1024
/** Longest side of an image that a preview stands for, in pixels. */
export const MAX_IMAGE_SIDE = 100_000

/** Type and subtype as RFC 6838 (4.2) restricts their names; parameters are not taken. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/

/** A small picture of an image, and the size of the image itself in pixels. */
export interface PreviewPayload {
  /** PNG, JPEG or WebP. */
  image: Buffer
  width: number
  height: number
}

/** What is offered by a message: how the item is fetched and opened, and what its sender calls it. */
export interface FileOffer extends ItemRef {
  /** As its sender wrote it: not to be shown or used before `safeName` saw it. */
  readonly name: string
  readonly type: string
  /** How many files a folder has; 1 for a single file. */
  readonly files: number
  readonly preview: PreviewPayload | null
}

/** Payload of `KIND_FILE`: the item, and what is said with it, often nothing. */
export interface FilePayload {
  text: string
  replyTo: Target | null
  /** ms from sending until it disappears. */
  expiresIn: number | null
  /** 32-byte ids of the persons that the text names. */
  mentions: Buffer[]
  file: FileOffer
}

const side = checked(bounded(MAX_IMAGE_SIDE), (pixels) => pixels > 0, 'an image without a size')

const offer: Codec<FileOffer> = checked(
  struct<FileOffer>({
    root: fixed(HASH),
    size: bounded(MAX_ITEM),
    chunk: bounded(MAX_CHUNK),
    key: fixed(32),
    contents: bounded(MAX_CONTENTS),
    files: bounded(MAX_FILES),
    name: checked(text(MAX_FILE_NAME), (name) => name.length > 0, 'a file without a name'),
    type: checked(text(MAX_MEDIA_TYPE), isMediaType, 'no media type'),
    preview: optional(
      struct<PreviewPayload>({
        image: checked(
          bytes(MAX_PREVIEW),
          (image) => imageType(image) !== null,
          'no picture that is allowed',
        ),
        width: side,
        height: side,
      }),
    ),
  }),
  isOffer,
  'an item that can not be',
)

/** Codec of a message with a file. */
export const filePayload: Codec<FilePayload> = struct({
  text: text(MAX_TEXT),
  replyTo: optional(target),
  expiresIn: timer,
  mentions,
  file: offer,
})

/** True for a type and subtype in lower case, without parameters. */
export function isMediaType(type: string): boolean {
  return type.length <= MAX_MEDIA_TYPE && MEDIA_TYPE.test(type)
}

/** Only a folder has a table of contents, and as many files as that may name. */
function isOffer({ size, chunk, contents, files }: FileOffer): boolean {
  if (!isPossible({ size, chunk }) || contents > size || files < 1) return false
  return contents > 0 || files === 1
}
