/**
 * Codes that people carry from screen to screen: a scheme, and base64url of a version, what the code holds, and a
 * check sum, so that a slip in typing is told from a code that is wrong.
 */
import { PorchlightError } from '../errors.ts'
import { bounded, encode, fixed, struct, tryDecode } from './codec.ts'
import type { Codec } from './codec.ts'

const VERSION = 1
/** Of codes that hold more than those of version 1 can. */
const VERSION_MORE = 2

/** One kind of code. */
export interface CodeText<T> {
  readonly scheme: string
  /** Most characters that are read. */
  readonly maxLength: number
  readonly codec: Codec<T>
  /** How a value is written that `codec` can not hold all of: as version 2, which versions of before refuse in words. */
  readonly more?: { readonly codec: Codec<T>; readonly when: (value: T) => boolean }
  /** 4 bytes. */
  readonly check: (value: T) => Buffer
  /** What a person is told of a text that is no such code, is damaged, or of a later version. */
  readonly words: { readonly other: string; readonly damaged: string; readonly newer: string }
}

/** The text of a code. */
export function formatCode<T>(form: CodeText<T>, value: T): string {
  const more = form.more?.when(value) ? form.more : null
  const parts = { version: more ? VERSION_MORE : VERSION, value, check: form.check(value) }
  return form.scheme + encode(framed(more ?? form), parts).toString('base64url')
}

/** Reads what a person pasted: white space and line breaks do not matter. Errors: `BAD_INVITE`. */
export function parseCode<T>(form: CodeText<T>, text: string): T {
  const { scheme, maxLength, check, words } = form
  const compact = text.length <= 4 * maxLength ? text.replace(/\s+/g, '') : ''
  if (!compact.startsWith(scheme)) throw bad(words.other)
  const rest = compact.slice(scheme.length)
  if (!/^[A-Za-z0-9_-]+$/.test(rest)) throw bad(words.damaged)
  const data = Buffer.from(rest, 'base64url')
  const more = data[0] === VERSION_MORE ? form.more : undefined
  if (data[0] !== undefined && data[0] !== VERSION && !more) throw bad(words.newer)
  const parts = tryDecode(framed(more ?? form), data)
  if (!parts || !check(parts.value).equals(parts.check)) throw bad(words.damaged)
  if (more && !more.when(parts.value)) throw bad(words.damaged)
  return parts.value
}

function framed<T>({
  codec,
}: Pick<CodeText<T>, 'codec'>): Codec<{ version: number; value: T; check: Buffer }> {
  return struct({ version: bounded(255), value: codec, check: fixed(4) })
}

function bad(message: string): PorchlightError {
  return new PorchlightError('BAD_INVITE', message)
}
