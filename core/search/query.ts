import { tokens } from './tokens.ts'
import type { Token } from './tokens.ts'

/** Most words of one query; what follows is not looked at. */
const MAX_TERMS = 16
const MAX_QUERY = 1000

/** One word of a query. */
export interface Term {
  readonly word: string
  /** The word may go on: it is the last one and still being typed. */
  readonly prefix: boolean
  /** It must stand right after the term before. */
  readonly joined: boolean
}

/** What a query asks for: every term, in any order but where `joined`. */
export function parseQuery(text: string): Term[] {
  const query = text.slice(0, MAX_QUERY)
  const found = tokens(query).slice(0, MAX_TERMS)
  return found.map(({ word, joined, end }, i) => ({
    word,
    joined,
    prefix: i === found.length - 1 && end === query.length,
  }))
}

/** Where a text has what a query asks for, as [start, end) pairs in order; null when something is missing. */
export function match(text: string, terms: readonly Term[]): [number, number][] | null {
  if (terms.length === 0) return null
  const found = tokens(text)
  const marks: [number, number][] = []
  for (let from = 0; from < terms.length;) {
    let to = from + 1
    while (to < terms.length && terms[to]!.joined) to++
    const places = runs(found, terms.slice(from, to))
    if (places.length === 0) return null
    marks.push(...places)
    from = to
  }
  return merged(marks)
}

/** Every place where a run of joined terms stands. */
function runs(found: readonly Token[], terms: readonly Term[]): [number, number][] {
  const places: [number, number][] = []
  for (let at = 0; at + terms.length <= found.length; at++) {
    const fits = terms.every((term, i) => {
      const token = found[at + i]!
      if (i > 0 && !token.joined) return false
      return term.prefix ? token.word.startsWith(term.word) : token.word === term.word
    })
    if (fits) places.push([found[at]!.start, found[at + terms.length - 1]!.end])
  }
  return places
}

function merged(marks: [number, number][]): [number, number][] {
  const out: [number, number][] = []
  for (const mark of marks.sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1)
    if (last && mark[0] <= last[1]) last[1] = Math.max(last[1], mark[1])
    else out.push([...mark])
  }
  return out
}
