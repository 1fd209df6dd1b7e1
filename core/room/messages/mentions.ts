import { MAX_MENTIONS } from './payloads.ts'

interface Person {
  readonly id: string
  readonly name: string
}

const BESIDE = /[\p{L}\p{N}\p{M}_]/u
const ID = /^[0-9a-f]{8,64}(?![\p{L}\p{N}\p{M}_])/u

/**
 * The persons that a text names, at most 64: `@` and the longest name that stands there, whole and whatever the
 * case, if one person alone has it; or `@` and at least eight digits of an id that begins only one.
 */
export function findMentions(text: string, persons: readonly Person[]): string[] {
  const byName = new Map<string, string[]>()
  for (const { id, name } of persons) {
    const key = folded(name)
    if (key) byName.set(key, [...(byName.get(key) ?? []), id])
  }
  const lengths = [...new Set([...byName.keys()].map((name) => name.length))].sort((a, b) => b - a)
  const words = folded(text)
  const found = new Set<string>()
  for (let at = words.indexOf('@'); at >= 0; at = words.indexOf('@', at + 1)) {
    if (BESIDE.test(characterBefore(words, at))) continue
    const ids = namedAt(words, at + 1, byName, lengths) ?? idsAt(words, at + 1, persons)
    if (ids.length === 1) found.add(ids[0]!)
    if (found.size === MAX_MENTIONS) break
  }
  return [...found]
}

function namedAt(
  words: string,
  start: number,
  byName: ReadonlyMap<string, string[]>,
  lengths: readonly number[],
): string[] | null {
  for (const length of lengths) {
    const ids = byName.get(words.slice(start, start + length))
    const next = String.fromCodePoint(words.codePointAt(start + length) ?? 32)
    if (ids && !BESIDE.test(next)) return ids
  }
  return null
}

function idsAt(words: string, start: number, persons: readonly Person[]): string[] {
  const digits = ID.exec(words.slice(start, start + 66))?.[0]
  return digits === undefined
    ? []
    : persons.filter(({ id }) => id.startsWith(digits)).map(({ id }) => id)
}

function characterBefore(words: string, at: number): string {
  const before = words.slice(Math.max(0, at - 2), at)
  return [...before].at(-1) ?? ''
}

/** One form for what people read as the same. */
function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}
