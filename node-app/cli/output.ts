import type { Io } from './io.ts'
import { formatTable } from './table.ts'
import { jsonLine } from './terminal-text.ts'

/** The codes of a terminal that begin and end a style. */
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const
type Style = keyof typeof STYLES

/** Where a command's results go: JSON for programs, words for people, colour only on a terminal. */
export class Output {
  readonly json: boolean
  readonly #io: Io

  constructor(io: Io, json: boolean) {
    this.#io = io
    this.json = json
  }

  /** True when a person looks on: only then hints and colours. */
  get terminal(): boolean {
    return this.#io.terminal && !this.json
  }

  get colour(): boolean {
    return this.terminal && !this.#io.env['NO_COLOR']
  }

  style(style: Style, text: string): string {
    if (!this.colour) return text
    const [begin, end] = STYLES[style]
    return `\u001b[${begin}m${text}\u001b[${end}m`
  }

  /** The result as one JSON document, or as words. */
  async result(value: unknown, words: () => string): Promise<void> {
    await this.line(this.json ? jsonLine(value) : words())
  }

  /** A line on stdout; resolves once it was taken, or nobody reads any more. */
  async line(text: string): Promise<void> {
    if (this.#io.stdout.destroyed) return
    await new Promise<void>((resolve) => {
      this.#io.stdout.write(`${text}\n`, () => resolve())
    })
  }

  /** A line on stderr, beside the result. */
  notice(text: string): void {
    this.#io.stderr.write(`${text}\n`)
  }

  table(head: readonly string[], rows: readonly (readonly string[])[]): string {
    return formatTable(head, rows, (text) => this.style('dim', text))
  }
}
