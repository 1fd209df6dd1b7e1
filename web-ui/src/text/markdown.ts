/**
 * The subset of Markdown that messages are shown with: a tokenizer that makes plain nodes. Nothing here
 * knows of HTML, and every character that is shown stood in the message.
 */
import { inlines, type Inline, type Mention } from './inline-markdown.ts'

export type Block =
  | { readonly kind: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'quote'; readonly children: readonly Block[] }
  | {
      readonly kind: 'list'
      /** The first number of a numbered list, else null. */
      readonly start: number | null
      readonly items: readonly (readonly Inline[])[]
    }

/** Quotes within quotes beyond this stay text. */
const MAX_DEPTH = 3
const FENCE = /^```/
const QUOTE = /^> ?/
const BULLET = /^ {0,3}[-*•] +(?=\S)/
const NUMBER = /^ {0,3}(\d{1,9})[.)] +(?=\S)/

/** Reads a message; `mentions` are the names that may stand in it behind an @. */
export function markdown(text: string, mentions: readonly Mention[] = []): Block[] {
  return blocks(text.split(/\r\n|[\n\r]/), mentions, 0)
}

function blocks(lines: readonly string[], mentions: readonly Mention[], depth: number): Block[] {
  const found: Block[] = []
  let plain: string[] = []
  const endPlain = (): void => {
    const words = withoutBlankEnds(plain).join('\n')
    plain = []
    if (words !== '') found.push({ kind: 'paragraph', children: inlines(words, mentions) })
  }
  for (let at = 0; at < lines.length;) {
    const end = depth < MAX_DEPTH ? blockEnd(lines, at) : at
    if (end === at) {
      plain.push(lines[at] ?? '')
      at += 1
      continue
    }
    endPlain()
    found.push(block(lines.slice(at, end), mentions, depth))
    at = end
  }
  endPlain()
  return found
}

/** The line behind the block that begins at `at`; `at` itself when none does. */
function blockEnd(lines: readonly string[], at: number): number {
  const line = lines[at] ?? ''
  if (FENCE.test(line)) {
    if (line.indexOf('```', 3) > 0) return at
    let end = at + 1
    while (end < lines.length && !/^``` *$/.test(lines[end] ?? '')) end += 1
    return Math.min(end + 1, lines.length)
  }
  const kind = [QUOTE, BULLET, NUMBER].find((pattern) => pattern.test(line))
  let end = at
  while (kind !== undefined && end < lines.length && kind.test(lines[end] ?? '')) end += 1
  return end
}

function block(lines: readonly string[], mentions: readonly Mention[], depth: number): Block {
  const first = lines[0] ?? ''
  if (FENCE.test(first)) {
    const closed = lines.length > 1 && /^``` *$/.test(lines.at(-1) ?? '')
    const inside = lines.slice(1, closed ? -1 : undefined)
    // What follows the fence names a language, unless nothing else is there to show.
    return { kind: 'code', text: inside.length > 0 ? inside.join('\n') : first.slice(3) }
  }
  if (QUOTE.test(first)) {
    const inside = lines.map((line) => line.replace(QUOTE, ''))
    return { kind: 'quote', children: blocks(inside, mentions, depth + 1) }
  }
  const number = NUMBER.exec(first)
  const mark = number ? NUMBER : BULLET
  const items = lines.map((line) => inlines(line.replace(mark, ''), mentions))
  return { kind: 'list', start: number ? Number(number[1]) : null, items }
}

function withoutBlankEnds(lines: readonly string[]): readonly string[] {
  let from = 0
  let to = lines.length
  while (from < to && (lines[from] ?? '').trim() === '') from += 1
  while (to > from && (lines[to - 1] ?? '').trim() === '') to -= 1
  return lines.slice(from, to)
}
