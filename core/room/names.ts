import { PorchlightError } from '../errors.ts'

const MAX_CHARACTERS = 64

/** A nickname or room title as it will be kept: trimmed, without control characters. Errors: `BAD_REQUEST`. */
export function checkName(name: string): string {
  // Line breaks and invisible direction marks could make one name pass for another.
  const clean = name
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu, '')
    .trim()
  const length = [...clean].length
  if (length === 0 || length > MAX_CHARACTERS || Buffer.byteLength(clean) > 256) {
    throw new PorchlightError(
      'BAD_REQUEST',
      `A name has between 1 and ${MAX_CHARACTERS} characters.`,
    )
  }
  return clean
}
