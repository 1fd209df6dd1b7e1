import type { MessageView } from '../api/views.ts'
import { shortName } from './file-name.ts'
import { plainText } from './plain-text.ts'

/** What stands in place of a message whose content is gone or cannot be shown; null when it can. */
export function tombstoneWords({ kind, own }: Pick<MessageView, 'kind' | 'own'>): string | null {
  switch (kind) {
    case 'text':
    case 'location':
    case 'file':
      return null
    case 'deleted':
      return own ? 'You deleted this message.' : 'This message was deleted.'
    case 'hidden':
      return 'A moderator hid this message.'
    case 'expired':
      return 'This message has disappeared.'
    case 'unknown':
      return 'A kind of message that this version cannot show. It is kept; a newer Porchlight shows it.'
  }
}

/** A few words of a message, for quotes and pins. */
export function shortWords(message: MessageView): string {
  const words = tombstoneWords(message) ?? plainText(message.text.slice(0, 160))
  if (message.kind === 'location') return `A place: ${message.location?.label ?? words}`
  if (message.kind !== 'file' || !message.file) return words
  const name = `File: ${shortName(message.file.name)}`
  return words === '' ? name : `${name}. ${words}`
}
