import type { MessageView } from '../api/views.ts'
import { shownName } from './file-name.ts'

/** What a screen reader says of the newest of these messages; never the very same string again. */
export function spokenWords(fresh: readonly MessageView[], before: string): string {
  const words = fresh
    .slice(-3)
    .map(({ authorName, text, file }) => {
      const sent = file ? `file ${shownName(file.name)}. ` : ''
      return `${authorName}: ${sent}${text.slice(0, 300)}`
    })
    .join('\n')
  // The same words again are news only when something of them changes.
  return words === before ? `${words}\u00a0` : words
}
