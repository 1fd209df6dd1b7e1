import { plain } from './terminal-text.ts'

const BEFORE = 40
const LENGTH = 160

/** A stretch of a text; `marked` when it is one of the words looked for. */
export interface Stretch {
  readonly words: string
  readonly marked: boolean
}

/** A text on one line around its first mark, cut into stretches. Marks are [start, end), in UTF-16 units. */
export function excerptOf(
  text: string,
  marks: readonly (readonly [number, number])[],
): readonly Stretch[] {
  const begin = Math.max(0, (marks[0]?.[0] ?? 0) - BEFORE)
  const from = begin === 0 ? 0 : startOfCharacter(text, begin)
  const to = startOfCharacter(text, Math.min(text.length, from + LENGTH))
  const stretches: Stretch[] = []
  const add = (start: number, end: number, marked: boolean): void => {
    // Every character that `plain` replaces is one unit and becomes one: the places stay.
    if (end > start) stretches.push({ words: plain(text.slice(start, end)), marked })
  }
  let at = from
  for (const [start, end] of marks) {
    if (start < at || end > to) continue
    add(at, start, false)
    add(start, end, true)
    at = end
  }
  add(at, to, false)
  return [
    ...(from > 0 ? [{ words: '…', marked: false }] : []),
    ...stretches,
    ...(to < text.length ? [{ words: '…', marked: false }] : []),
  ]
}

/** Not between the halves of a surrogate pair. */
function startOfCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at
}
