import type { MessageView } from '../api/schemas.ts'
import { contentOf, marksOf, reactionsOf } from './message-words.ts'
import type { Output } from './output.ts'
import { jsonLine, plain } from './terminal-text.ts'

const INDENT = '       '

export interface MessageWriterOptions {
  readonly out: Output
  /** How a command shall name the room that they are in. */
  readonly room: string
  /** Whether to show the ids. */
  readonly ids: boolean
  /** What to call an author. */
  readonly authorOf: (message: MessageView) => string | Promise<string>
}

/** Writes messages one after another: a JSON line each, or as people read a conversation. */
export class MessageWriter {
  readonly #options: MessageWriterOptions
  #day = ''

  constructor(options: MessageWriterOptions) {
    this.#options = options
  }

  async write(message: MessageView): Promise<void> {
    const { out, room, ids, authorOf } = this.#options
    if (out.json) return out.line(jsonLine(message))
    const sent = new Date(message.sentAt)
    const valid = !Number.isNaN(sent.getTime())
    const day = valid ? sent.toDateString() : ''
    if (day !== this.#day && day !== '') await out.line(out.style('dim', `— ${day} —`))
    this.#day = day
    const time = valid ? sent.toTimeString().slice(0, 5) : '--:--'
    const name = out.style(message.own ? 'green' : 'cyan', await authorOf(message))
    const before = [
      ...(message.replyTo === undefined ? [] : [out.style('dim', '↳')]),
      ...(message.mentioned === true ? [out.style('yellow', '(to you)')] : []),
    ]
    const { lines, gone } = contentOf(message, room)
    const marks = [...marksOf(message, Date.now()), ...(ids ? [plain(message.id)] : [])]
    const tail = marks.length === 0 ? '' : `  ${out.style('dim', marks.join(' '))}`
    for (const [at, line] of lines.entries()) {
      const words = gone ? out.style('dim', line) : line
      const head =
        at === 0
          ? `${out.style('dim', time)}  ${name}: ${before.map((mark) => `${mark} `).join('')}`
          : INDENT
      await out.line(`${head}${words}${at === lines.length - 1 ? tail : ''}`)
    }
    const reactions = reactionsOf(message)
    if (reactions !== '') await out.line(`${INDENT}${reactions}`)
  }
}
