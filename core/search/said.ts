import { tryDecode } from '../codec/codec.ts'
import { editPayload, textPayload } from '../room/messages/payloads.ts'
import type { PlacedRecord } from '../room/record-consumer.ts'
import { KIND_EDIT, KIND_TEXT } from '../room/record.ts'
import type { Said } from './search-index.ts'

/** What a record says that can be searched for: a message's text, or what one says after an edit. */
export function said({ log, seq, body }: PlacedRecord): Said | null {
  if (body.kind === KIND_TEXT) {
    const text = tryDecode(textPayload, body.payload)?.text
    return text ? { log: log.hex, seq, text } : null
  }
  const edit = body.kind === KIND_EDIT ? tryDecode(editPayload, body.payload) : null
  return edit && { log: edit.target.log.toString('hex'), seq: edit.target.seq, text: edit.text }
}
