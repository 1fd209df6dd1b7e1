/** Control characters and bidirectional overrides: in others' text they could rewrite the terminal. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu

/** Others' text on one line of a terminal: what could command it is shown as a space. */
export function plain(text: string): string {
  return text.replace(UNSAFE, ' ')
}

/** Others' text of several lines, each of them plain. */
export function plainLines(text: string): string[] {
  return text.split(/\r\n|\r|\n/).map(plain)
}

/** JSON on one line, the same value to a parser, with nothing in it that could command a terminal. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
