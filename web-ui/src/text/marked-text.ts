/** A stretch of what was found: a word that was looked for, or what is around it. */
export interface MarkedPart {
  readonly text: string
  readonly marked: boolean
}

/** Characters shown before the first word that was found, and in all. */
const BEFORE = 40
const LENGTH = 220

/** The part of a text around its first mark, cut at its marks; marks that do not fit the text are dropped. */
export function markedText(
  text: string,
  marks: readonly (readonly [number, number])[],
): MarkedPart[] {
  const first = marks[0]?.[0] ?? 0
  const from = first > BEFORE ? wordStart(text, first - BEFORE) : 0
  const to = Math.min(text.length, from + LENGTH)
  const parts: MarkedPart[] = []
  let done = from
  const add = (end: number, marked: boolean): void => {
    if (end > done) parts.push({ text: text.slice(done, end), marked })
    done = Math.max(done, end)
  }
  for (const [start, end] of marks) {
    if (start < done || end <= start || end > to) continue
    add(start, false)
    add(end, true)
  }
  add(to, false)
  if (from > 0) parts.unshift({ text: '… ', marked: false })
  if (to < text.length) parts.push({ text: ' …', marked: false })
  return parts
}

/** The beginning of a word near a place, so that no word and no character is cut in two. */
function wordStart(text: string, near: number): number {
  const space = text.slice(near, near + BEFORE).search(/\s/)
  return space < 0 ? near : near + space + 1
}
