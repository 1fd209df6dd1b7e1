import type { MessageView } from '../../../node-app/api/schemas.ts'
import { PersonName } from './person-name.tsx'

interface QuoteProps {
  readonly message: MessageView | undefined
  readonly onGo?: () => void
}

/** What a message answers: a few words of it, or that it is further back. */
export function Quote({ message, onGo }: QuoteProps) {
  if (!message) return <p class="quote">An earlier message</p>
  const words = (
    <>
      <strong>
        <PersonName name={message.authorName} />
      </strong>{' '}
      <bdi>{message.text.slice(0, 120)}</bdi>
    </>
  )
  if (!onGo) return <p class="quote">{words}</p>
  return (
    <button type="button" class="quote" onClick={onGo}>
      <span class="hidden">In answer to </span>
      {words}
    </button>
  )
}
