/** What is being typed behind an @, and where it stands. */
export interface MentionQuery {
  readonly from: number
  readonly to: number
  readonly typed: string
}

/** Longer than any name that is worth completing. */
const MAX_TYPED = 40

/** The unfinished mention that ends at the caret; null when there is none. */
export function mentionAt(text: string, caret: number): MentionQuery | null {
  const before = text.slice(Math.max(0, caret - MAX_TYPED - 1), caret)
  const found = /(?:^|[\s(])@([^@\n]*)$/.exec(before)
  if (!found) return null
  const typed = found[1] ?? ''
  return { from: caret - typed.length - 1, to: caret, typed }
}

/** Those whose name begins with, or has a word that begins with, what was typed. */
export function matchingNames<T extends { readonly name: string }>(
  people: readonly T[],
  typed: string,
  limit = 6,
): T[] {
  const wanted = typed.toLowerCase()
  const fits = ({ name }: T): boolean =>
    ` ${name.toLowerCase()}`.includes(` ${wanted}`) && name.toLowerCase() !== wanted
  return people.filter(fits).slice(0, limit)
}

/** The text with the mention finished, and where the caret stands then. */
export function withMention(
  text: string,
  { from, to }: MentionQuery,
  name: string,
): { text: string; caret: number } {
  const rest = text.slice(to)
  const space = rest.startsWith(' ') ? '' : ' '
  return { text: `${text.slice(0, from)}@${name}${space}${rest}`, caret: from + name.length + 2 }
}
