import type { MessageView } from '../api.ts'
import { tryDecode } from '../codec/codec.ts'
import { safeName } from '../files/safe-name.ts'
import { messagePayload } from '../room/messages/message-payload.ts'
import { editPayload } from '../room/messages/payloads.ts'
import type { PlacedRecord } from '../room/record-consumer.ts'
import { KIND_EDIT } from '../room/record.ts'
import type { Said } from './search-index.ts'

/** What a record says that can be searched for: a message's text, or what one says after an edit. */
export function said({ log, seq, body }: PlacedRecord): Said | null {
  const message = messagePayload(body)
  if (message) {
    const text = searchable(message.text, message.file && safeName(message.file.name))
    return text ? { log: log.hex, seq, text } : null
  }
  const edit = body.kind === KIND_EDIT ? tryDecode(editPayload, body.payload) : null
  return edit && { log: edit.target.log.toString('hex'), seq: edit.target.seq, text: edit.text }
}

/** What a message is found by as it is shown: its text stands first. */
export function shownWords({ text, file }: MessageView): string {
  return searchable(text, file?.name ?? null)
}

/** A file is found by its whole name, and by the parts that dots, dashes and the like divide. */
function searchable(text: string, name: string | null): string {
  return name === null ? text : `${text}\n${name}\n${name.replace(/[\p{P}\p{S}]+/gu, ' ')}`
}
