/** One top-level key of a JSON object, and the line it stands on (from 1). */
export interface KeyLine {
  readonly key: string
  readonly line: number
}

/** The top-level keys of a JSON object that parses, in order, doubled ones included. */
export function topLevelKeys(text: string): KeyLine[] {
  const keys: KeyLine[] = []
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
    else if (char === '"') {
      const end = stringEnd(text, at)
      if (depth === 1 && /^\s*:/.test(text.slice(end))) {
        keys.push({ key: JSON.parse(text.slice(at, end)) as string, line: lineAt(text, at) })
      }
      at = end - 1
    }
  }
  return keys
}

/** The line (from 1) of a place in a text. */
export function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}

/** The line at which JSON.parse gave up, by its message. */
export function syntaxErrorLine(text: string, error: Error): number {
  const position = /position (\d+)/.exec(error.message)?.[1]
  const end = text.trimEnd().length
  return lineAt(text, position === undefined ? end : Math.min(end, Number(position)))
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return text.length
}
