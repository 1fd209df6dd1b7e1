/**
 * Words of a text in any language (Unicode Annex 29). Scripts that are written without spaces and have an alphabet
 * (Thai, Lao, Khmer, Burmese) are cut by the ICU dictionary; ideographs and kana count one by one, and a query asks
 * for them side by side.
 */

/** One word and where it stands: [start, end) in UTF-16 units of the text. */
export interface Token {
  /** Lower case, without compatibility forms and marks; cut at 32 characters. */
  readonly word: string
  readonly start: number
  readonly end: number
  /** It follows the token before without a gap, as ideographs do. */
  readonly joined: boolean
}

/** Longest word that is told from others. */
const MAX_WORD = 32
/** Most words of one text that are looked at. */
export const MAX_TOKENS = 4096

const WORD = /[\p{L}\p{N}\p{M}\p{Pc}\u200d]+/gu
const ASCII_WORD = /[a-z0-9_]+/g
const WITHOUT_SPACES = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
/** One ideograph or kana; or as much as possible of scripts without spaces, or of all others. */
const STRETCH =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu
const ASCII = /^\p{ASCII}*$/u
/** Marks that people leave out: accents, Hebrew points, Arabic vowels; elsewhere a mark makes another word. */
const ACCENTS = /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u200d]/g
const segmenter = new Intl.Segmenter('und', { granularity: 'word' })

/** The words of a text, in order; at most `MAX_TOKENS`. */
export function tokens(text: string): Token[] {
  const out: Token[] = []
  const simple = ASCII.test(text)
  for (const match of text.matchAll(WORD)) {
    if (out.length >= MAX_TOKENS) break
    const start = match.index
    if (simple) out.push(token(match[0], start, false))
    else cut(match[0], start, out)
  }
  return out
}

/** The different words of a text, for an index. */
export function words(text: string): Set<string> {
  if (ASCII.test(text)) {
    // The same words, several times as fast: a backlog of 100,000 messages is indexed in one go.
    const found = text.toLowerCase().match(ASCII_WORD)?.slice(0, MAX_TOKENS) ?? []
    return new Set(found.map((word) => word.slice(0, MAX_WORD)))
  }
  return new Set(tokens(text).map(({ word }) => word))
}

/** A run of letters, cut where its script has no spaces; each stretch by itself, so that a part is cut as the whole. */
function cut(run: string, start: number, out: Token[]): void {
  let joined = false
  for (const { 0: stretch, index } of run.matchAll(STRETCH)) {
    const at = start + index
    if (!WITHOUT_SPACES.test(stretch)) out.push(token(stretch, at, joined))
    else {
      for (const part of segmenter.segment(stretch)) {
        out.push(token(part.segment, at + part.index, joined || part.index > 0))
      }
    }
    joined = true
  }
}

function token(written: string, start: number, joined: boolean): Token {
  return { word: fold(written), start, end: start + written.length, joined }
}

/** What two spellings of a word have in common. */
function fold(written: string): string {
  if (ASCII.test(written)) return written.toLowerCase().slice(0, MAX_WORD)
  const plain = written.normalize('NFKD').replace(ACCENTS, '')
  // There and back: ß is written SS in capitals. A sigma at the end is the same letter.
  const folded = plain.toUpperCase().toLowerCase().replaceAll('ς', 'σ')
  // A word of marks alone is still a word.
  return [...(folded || written)].slice(0, MAX_WORD).join('')
}
