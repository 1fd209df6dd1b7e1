import { PorchlightError } from '../errors.ts'

const MAX_CHARACTERS = 64

/** A nickname or room title as it will be kept: trimmed, without control characters. Errors: `BAD_REQUEST`. */
export function checkName(name: string): string {
  const clean = cleaned(name)
  const length = [...clean].length
  if (length === 0 || length > MAX_CHARACTERS || Buffer.byteLength(clean) > 256) {
    throw new PorchlightError(
      'BAD_REQUEST',
      `A name has between 1 and ${MAX_CHARACTERS} characters.`,
    )
  }
  return clean
}

/** A name that another device sent, as it may be shown: never empty, never over 64 characters. */
export function shownName(name: string): string {
  return [...cleaned(name)].slice(0, MAX_CHARACTERS).join('').trim() || 'Someone'
}

/** Line breaks and invisible direction marks could make one name pass for another; joiners spell words and emoji. */
function cleaned(name: string): string {
  return name
    .toWellFormed()
    .normalize('NFC')
    .replace(
      /[\p{Cc}\p{Zl}\p{Zp}\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu,
      '',
    )
    .trim()
}
