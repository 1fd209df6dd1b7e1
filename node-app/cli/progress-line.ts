import type { Io } from './io.ts'
import { plain } from './terminal-text.ts'

/** One line on stderr that is written over, while a person looks on; nothing where nobody does. */
export class ProgressLine {
  readonly #io: Io
  readonly #on: boolean
  #shown = ''

  constructor(io: Io, on: boolean) {
    this.#io = io
    this.#on = on && io.progress
  }

  show(text: string): void {
    const line = plain(text).slice(0, Math.max(20, this.#io.columns - 1))
    if (!this.#on || line === this.#shown) return
    this.#shown = line
    this.#io.stderr.write(`\r\u001b[K${line}`)
  }

  /** A line that stays, above it. */
  say(text: string): void {
    this.clear()
    this.#io.stderr.write(`${text}\n`)
  }

  clear(): void {
    if (this.#shown !== '') this.#io.stderr.write('\r\u001b[K')
    this.#shown = ''
  }
}
