import type { MemberView, MessageView } from '../api/views.ts'
import { shortWords } from '../text/message-words.ts'
import { MemberName } from './member-name.tsx'

interface QuoteProps {
  readonly message: MessageView | undefined
  readonly people: ReadonlyMap<string, MemberView>
  readonly onGo?: () => void
}

/** What a message answers: a few words of it, or that it is further back. */
export function Quote({ message, people, onGo }: QuoteProps) {
  const words = message ? (
    <>
      <strong>
        <MemberName
          id={message.author}
          name={message.authorName}
          member={people.get(message.author)}
        />
      </strong>{' '}
      <bdi>{shortWords(message)}</bdi>
    </>
  ) : (
    'An earlier message'
  )
  if (!onGo) return <p class="quote">{words}</p>
  return (
    <button type="button" class="quote" onClick={onGo}>
      <span class="hidden">In answer to </span>
      {words}
    </button>
  )
}
