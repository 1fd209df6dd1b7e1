/** Longest reaction, in bytes of UTF-8: families with skin tones take 41. */
export const MAX_REACTION = 64

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })
/**
 * Made of what emoji are made of, those of later versions of Unicode too, and more than a digit. Letters with a tower
 * of accents are none.
 */
const EMOJI =
  /^(?=.*[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3])(?:\p{Emoji}|\p{Extended_Pictographic}|[\u{e0020}-\u{e007f}]|\u200d|\ufe0f|\u20e3)+$/u

/** True for one emoji: a single character as people count them. */
export function isReaction(emoji: string): boolean {
  if (emoji.length > MAX_REACTION || Buffer.byteLength(emoji) > MAX_REACTION) return false
  if (!EMOJI.test(emoji)) return false
  const [, second] = graphemes.segment(emoji)
  return second === undefined
}
