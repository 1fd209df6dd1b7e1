import type { MessageView } from '../api.ts'
import { tryDecode } from '../codec/codec.ts'
import type { ControlLog } from '../control/control-log.ts'
import { PorchlightError } from '../errors.ts'
import type { Position } from '../timeline/order.ts'
import type { Timeline } from '../timeline/timeline.ts'
import type { ContentLog } from './content-log.ts'
import type { Receipts } from './delivery/receipts.ts'
import { messageId, parseMessageId } from './message-id.ts'
import { textPayload } from './messages/payloads.ts'
import { KIND_TEXT } from './record.ts'

interface Content {
  readonly text: string
  readonly kind: MessageView['kind']
  readonly sentAt: number
  readonly replyTo?: string | undefined
}

export interface MessageReaderOptions {
  readonly control: ControlLog
  readonly timeline: Timeline
  readonly delivery: Receipts
}

/** Turns places in a timeline into messages as people see them, and message ids into places. */
export class MessageReader {
  readonly #options: MessageReaderOptions

  constructor(options: MessageReaderOptions) {
    this.#options = options
  }

  /** The messages at these places; one whose block is not here any more is left out. */
  async read(positions: readonly Position[]): Promise<MessageView[]> {
    const { timeline } = this.#options
    const bodies = await Promise.all(positions.map((position) => timeline.body(position)))
    return positions.flatMap(({ log, seq }, i) => {
      const body = bodies[i]
      const source = timeline.source(log.hex)
      if (!body || !source) return []
      const payload = body.kind === KIND_TEXT ? tryDecode(textPayload, body.payload) : null
      const reply = payload?.replyTo
      const content: Content = {
        text: payload?.text ?? '',
        kind: payload ? 'text' : 'unknown',
        sentAt: body.sentAt,
        replyTo: reply ? messageId(reply.log, reply.seq) : undefined,
      }
      return [this.view(source, seq, content)]
    })
  }

  view(log: ContentLog, seq: number, content: Content): MessageView {
    const { control, delivery } = this.#options
    const { text, kind, sentAt, replyTo } = content
    return {
      id: messageId(log.key, seq),
      author: log.person,
      authorName: control.state.persons.get(log.person)?.name ?? '',
      own: log.own,
      text,
      kind,
      sentAt,
      delivery: delivery.of(log, seq),
      ...(replyTo !== undefined && { replyTo }),
    }
  }

  /** Errors: `NOT_FOUND`. */
  position(id: string): Position {
    const parsed = parseMessageId(id)
    for (const log of parsed ? this.#options.timeline.logs : []) {
      if (!log.hex.startsWith(parsed!.prefix) || parsed!.seq >= log.length) continue
      return { log, seq: parsed!.seq }
    }
    throw new PorchlightError('NOT_FOUND', `There is no message ${id.slice(0, 40)} in this room.`)
  }
}
