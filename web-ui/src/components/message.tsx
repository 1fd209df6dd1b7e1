import type { MessageView } from '../../../node-app/api/schemas.ts'
import { fullWords, isoTime, timeWords } from '../text/dates.ts'
import { deliveryWords } from '../text/words.ts'
import { Avatar } from './avatar.tsx'
import { Icon } from './icon.tsx'
import { MessageText } from './message-text.tsx'
import { PersonName } from './person-name.tsx'
import { Quote } from './quote.tsx'

interface MessageProps {
  readonly message: MessageView
  readonly first: boolean
  readonly last: boolean
  readonly telling: boolean
  readonly sharedName: boolean
  readonly answered: MessageView | undefined
  readonly onReply: (message: MessageView) => void
  readonly onGo: (id: string) => void
}

export function Message(props: MessageProps) {
  const { message, first, last, telling, sharedName, answered, onReply, onGo } = props
  const { own, sentAt, delivery } = message
  const side = own ? 'own' : 'other'
  return (
    <li
      class={`message ${side} ${first ? 'first' : ''} ${last ? 'last' : ''}`}
      data-id={message.id}
      tabIndex={-1}
    >
      {first && !own && <Avatar id={message.author} name={message.authorName} />}
      <div class="bubble-line">
        <div class="bubble">
          {first && !own ? (
            <p class="author">
              <PersonName name={message.authorName} tag={sharedName ? message.author : undefined} />
            </p>
          ) : (
            <span class="hidden">{own ? 'You' : <PersonName name={message.authorName} />}: </span>
          )}
          {message.replyTo !== undefined && (
            <Quote message={answered} {...(answered ? { onGo: () => onGo(answered.id) } : {})} />
          )}
          {message.kind === 'text' ? (
            <MessageText text={message.text} />
          ) : (
            <p class="text quiet">
              A kind of message that this version cannot show. It is kept; a newer Porchlight shows
              it.
            </p>
          )}
        </div>
        <button
          type="button"
          class="icon-button reply"
          aria-label={`Answer ${own ? 'your message' : message.authorName || 'this message'}`}
          title="Answer"
          onClick={() => onReply(message)}
        >
          <Icon name="reply" />
        </button>
      </div>
      {(last || (own && telling)) && (
        <p class="meta">
          <time dateTime={isoTime(sentAt)} title={fullWords(sentAt)}>
            {timeWords(sentAt)}
          </time>
          {own && (
            <span class={`delivery ${delivery.state}`}>
              <Icon name={delivery.state === 'saved' ? 'saved' : 'carried'} />
              {deliveryWords(delivery)}
            </span>
          )}
        </p>
      )}
    </li>
  )
}
