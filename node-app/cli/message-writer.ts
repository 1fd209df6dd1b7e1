import type { MessageView } from '../api/schemas.ts'
import type { Output } from './output.ts'
import { jsonLine, plain, plainLines } from './terminal-text.ts'

/** Writes messages one after another: a JSON line each, or as people read a conversation. */
export class MessageWriter {
  readonly #out: Output
  readonly #ids: boolean
  #day = ''

  constructor(out: Output, ids: boolean) {
    this.#out = out
    this.#ids = ids
  }

  async write(message: MessageView): Promise<void> {
    const out = this.#out
    if (out.json) return out.line(jsonLine(message))
    const sent = new Date(message.sentAt)
    const valid = !Number.isNaN(sent.getTime())
    const day = valid ? sent.toDateString() : ''
    if (day !== this.#day && day !== '') await out.line(out.style('dim', `— ${day} —`))
    this.#day = day
    const time = valid ? sent.toTimeString().slice(0, 5) : '--:--'
    const name = out.style(message.own ? 'green' : 'cyan', plain(message.authorName))
    const reply = message.replyTo === undefined ? '' : `${out.style('dim', '↳')} `
    const [first = '', ...others] =
      message.kind === 'text'
        ? plainLines(message.text)
        : [out.style('dim', '(something that this version can not show: update Porchlight)')]
    const marks = [
      message.own ? deliveryMark(message) : '',
      this.#ids ? plain(message.id) : '',
    ].filter((mark) => mark !== '')
    const tail = marks.length === 0 ? '' : `  ${out.style('dim', marks.join(' '))}`
    await out.line(
      `${out.style('dim', time)}  ${name}: ${reply}${first}${others.length === 0 ? tail : ''}`,
    )
    for (const [at, line] of others.entries()) {
      await out.line(`       ${line}${at === others.length - 1 ? tail : ''}`)
    }
  }
}

function deliveryMark({ delivery: { state, devices } }: MessageView): string {
  if (state === 'saved') return '[saved here]'
  const on = devices === 1 ? '1 device' : `${devices} devices`
  if (state === 'carried') return `[carried by ${on}]`
  return state === 'read' ? '[read]' : `[delivered to ${on}]`
}
