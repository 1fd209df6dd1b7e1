import { linkedText } from './linked-text.ts'

/** A person named in a message. */
export interface Mention {
  readonly name: string
  readonly self: boolean
}

export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | { readonly kind: 'mention'; readonly text: string; readonly self: boolean }
  | { readonly kind: 'strong' | 'em'; readonly children: readonly Inline[] }

const CODE = /```([^`\n]+)```|`([^`\n]+)`/g
const STARS = /\*+/g
/** Names tried in one message; it is short enough that more would be noise. */
const MAX_MENTIONS = 64

/** Bold, italic, code, addresses and mentions of one stretch of text, in one pass over it. */
export function inlines(text: string, mentions: readonly Mention[]): Inline[] {
  const line = new StarLine(text)
  const named = mentionPattern(mentions)
  let done = 0
  const plain = (to: number): void => {
    let at = done
    for (const part of linkedText(text.slice(done, to))) {
      if (part.href === undefined) addPlain(line, part.text, at, named)
      else line.add({ kind: 'link', text: part.text, href: part.href })
      at += part.text.length
    }
  }
  for (const match of text.matchAll(CODE)) {
    plain(match.index)
    line.add({ kind: 'code', text: match[1] ?? match[2] ?? '' })
    done = match.index + match[0].length
  }
  plain(text.length)
  return line.end()
}

interface Named {
  readonly pattern: RegExp
  readonly self: ReadonlySet<string>
}

function mentionPattern(mentions: readonly Mention[]): Named | null {
  const some = mentions.filter(({ name }) => name.trim() !== '').slice(0, MAX_MENTIONS)
  if (some.length === 0) return null
  // The longest first, so that “Ben” does not cut “Benita” short.
  const names = some.map(({ name }) => name).sort((a, b) => b.length - a.length)
  const either = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|')
  return {
    pattern: new RegExp(`@(?:${either})(?![\\p{L}\\p{N}])`, 'giu'),
    self: new Set(some.flatMap(({ name, self }) => (self ? [name.toLowerCase()] : []))),
  }
}

function addPlain(line: StarLine, text: string, offset: number, named: Named | null): void {
  let done = 0
  for (const match of named ? text.matchAll(named.pattern) : []) {
    addStars(line, text.slice(done, match.index), offset + done)
    const self = named?.self.has(match[0].slice(1).toLowerCase()) === true
    line.add({ kind: 'mention', text: match[0], self })
    done = match.index + match[0].length
  }
  addStars(line, text.slice(done), offset + done)
}

function addStars(line: StarLine, text: string, offset: number): void {
  let done = 0
  for (const match of text.matchAll(STARS)) {
    line.addText(text.slice(done, match.index))
    line.addStars(match[0], offset + match.index)
    done = match.index + match[0].length
  }
  line.addText(text.slice(done))
}

type Emphasis = 'em' | 'strong'

/** Pairs up stars as they come: at most one bold and one italic stretch are open at a time. */
class StarLine {
  readonly #text: string
  readonly #out: Inline[] = []
  /** Where in the output the opening stars of what is open stand, outermost first. */
  #open: { kind: Emphasis; at: number }[] = []

  constructor(text: string) {
    this.#text = text
  }

  add(node: Inline): void {
    this.#out.push(node)
  }

  addText(text: string): void {
    const last = this.#out.at(-1)
    if (text === '') return
    if (last?.kind === 'text' && !this.#open.some(({ at }) => at === this.#out.length - 1))
      this.#out[this.#out.length - 1] = { kind: 'text', text: last.text + text }
    else this.#out.push({ kind: 'text', text })
  }

  addStars(stars: string, at: number): void {
    const kinds = KINDS[stars.length]
    const before = this.#text[at - 1] ?? ' '
    const after = this.#text[at + stars.length] ?? ' '
    if (!kinds) return this.addText(stars)
    const inner = this.#open.slice(-kinds.length)
    const pairs = inner.length === kinds.length && inner.every(({ kind }) => kinds.includes(kind))
    if (pairs && !isSpace(before) && !isWord(after) && this.#hasContent(inner)) {
      for (const { kind, at: from } of [...inner].reverse()) this.#close(kind, from)
      return
    }
    if (!isSpace(after) && !isWord(before) && kinds.every((kind) => !this.#isOpen(kind))) {
      for (const kind of kinds) {
        this.#open.push({ kind, at: this.#out.length })
        this.#out.push({ kind: 'text', text: MARKS[kind] })
      }
      return
    }
    // It closes an outer stretch: whatever is open inside stays text.
    const outer = kinds.length === 1 ? this.#open.find(({ kind }) => kind === kinds[0]) : undefined
    if (outer && !isSpace(before) && !isWord(after)) this.#close(outer.kind, outer.at)
    else this.addText(stars)
  }

  end(): Inline[] {
    return this.#out
  }

  #isOpen(kind: Emphasis): boolean {
    return this.#open.some((open) => open.kind === kind)
  }

  #hasContent(inner: readonly { at: number }[]): boolean {
    return this.#out.length > (inner.at(-1)?.at ?? 0) + 1
  }

  #close(kind: Emphasis, at: number): void {
    const children = this.#out.splice(at + 1)
    this.#out[at] = { kind, children }
    this.#open = this.#open.filter((open) => open.at < at)
  }
}

const KINDS: Readonly<Record<number, readonly Emphasis[]>> = {
  1: ['em'],
  2: ['strong'],
  3: ['strong', 'em'],
}
const MARKS: Readonly<Record<Emphasis, string>> = { em: '*', strong: '**' }

function isSpace(character: string): boolean {
  return /\s/.test(character)
}

/** Inside a word or a sum, stars are stars. */
function isWord(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character)
}
