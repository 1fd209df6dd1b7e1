import type { Readable } from 'node:stream'
import { PorchlightError } from '../../core/errors.ts'
import type { Io } from './io.ts'

const MAX_LINE = 8192

type Keyboard = Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown }

/** Asks a person for what nobody may see: without echo on a terminal, else line by line from standard input. */
export class SecretReader {
  readonly #io: Io
  #rest = ''
  #ended = false

  constructor(io: Io) {
    this.#io = io
  }

  /** The passphrase that is in force: PORCHLIGHT_PASSPHRASE, else asked for. Errors: `BAD_REQUEST`. */
  passphrase(): Promise<string> {
    const given = this.#io.env['PORCHLIGHT_PASSPHRASE']
    return given ? Promise.resolve(given) : this.ask('Passphrase')
  }

  /** A passphrase to be; on a terminal it is typed twice. Errors: `BAD_REQUEST`. */
  async newPassphrase(): Promise<string> {
    const first = await this.ask('New passphrase')
    if (!this.#atKeyboard) return first
    if ((await this.ask('The same again')) === first) return first
    throw new PorchlightError(
      'BAD_REQUEST',
      'These were two different passphrases. Nothing was changed; try again.',
    )
  }

  /** One line. Errors: `BAD_REQUEST` for none. */
  async ask(what: string): Promise<string> {
    const keyboard = this.#io.stdin as Keyboard
    const hidden = this.#atKeyboard
    if (hidden) this.#io.stderr.write(`${what}: `)
    if (hidden) keyboard.setRawMode?.(true)
    try {
      const line = await this.#line(hidden)
      if (line === '') throw nothing(what)
      return line
    } finally {
      if (hidden) {
        keyboard.setRawMode?.(false)
        this.#io.stderr.write('\n')
      }
      // A command that is done must not wait for more.
      keyboard.pause()
    }
  }

  get #atKeyboard(): boolean {
    return (this.#io.stdin as Keyboard).isTTY === true
  }

  async #line(raw: boolean): Promise<string> {
    for (;;) {
      const end = (raw ? /[\r\n]/ : /\r?\n/).exec(this.#rest)
      if (end) {
        const line = this.#rest.slice(0, end.index)
        this.#rest = this.#rest.slice(end.index + end[0].length)
        return raw ? edited(line) : line
      }
      if (this.#ended || this.#rest.length > MAX_LINE) return raw ? edited(this.#rest) : this.#rest
      if (raw && this.#rest.includes('\u0003')) throw interrupted()
      const more = await nextChunk(this.#io.stdin, this.#io.interrupted())
      if (more === null) this.#ended = true
      // Ctrl-D ends a line as Enter does.
      else this.#rest += raw ? more.replaceAll('\u0004', '\n') : more
    }
  }
}

function nextChunk(stream: Readable, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void): void => {
      stream.off('data', ondata).off('end', onend).off('error', onerror)
      signal.removeEventListener('abort', onabort)
      stream.pause()
      settle()
    }
    const ondata = (chunk: Buffer | string): void => done(() => resolve(String(chunk)))
    const onend = (): void => done(() => resolve(null))
    const onerror = (error: Error): void => done(() => reject(error))
    const onabort = (): void => done(() => reject(interrupted()))
    if (stream.readableEnded || stream.destroyed) return resolve(null)
    if (signal.aborted) return reject(interrupted())
    signal.addEventListener('abort', onabort, { once: true })
    stream.on('data', ondata).on('end', onend).on('error', onerror)
    stream.resume()
  })
}

/** What a terminal in raw mode hands over, with the erased characters taken out. */
function edited(line: string): string {
  const kept: string[] = []
  for (const letter of line) {
    if (letter === '\u007f' || letter === '\b') kept.pop()
    else if (letter === '\u0015') kept.length = 0
    else kept.push(letter)
  }
  return kept.join('')
}

function nothing(what: string): PorchlightError {
  return new PorchlightError(
    'BAD_REQUEST',
    `${what}: nothing was given. Type it, or send it as a line to standard input.`,
  )
}

function interrupted(): PorchlightError {
  return new PorchlightError('CLOSED', 'Interrupted; nothing was changed.')
}
