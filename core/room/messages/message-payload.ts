import { tryDecode } from '../../codec/codec.ts'
import { KIND_FILE, KIND_TEXT } from '../record.ts'
import type { RecordBody } from '../record.ts'
import { filePayload } from './file-payload.ts'
import type { FileOffer } from './file-payload.ts'
import { textPayload } from './payloads.ts'
import type { TextPayload } from './payloads.ts'

/** What a message says, whatever its kind. */
export interface MessagePayload extends TextPayload {
  file: FileOffer | null
}

/** Reads a record that is a message; null for any other kind, and for one that is ill-formed. */
export function messagePayload({
  kind,
  payload,
}: Pick<RecordBody, 'kind' | 'payload'>): MessagePayload | null {
  if (kind === KIND_TEXT) {
    const said = tryDecode(textPayload, payload)
    return said && { ...said, file: null }
  }
  const carried = kind === KIND_FILE ? tryDecode(filePayload, payload) : null
  return carried && { ...carried, location: null }
}
