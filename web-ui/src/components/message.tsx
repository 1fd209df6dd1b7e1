import { useMemo } from 'preact/hooks'
import type { MemberView, MessageView } from '../api/views.ts'
import type { FilesStore } from '../state/files-store.ts'
import { now } from '../state/now.ts'
import { useLongPress } from '../state/use-long-press.ts'
import { fullWords, isoTime, timeWords } from '../text/dates.ts'
import { tombstoneWords } from '../text/message-words.ts'
import { spanWords } from '../text/spans.ts'
import { Avatar } from './avatar.tsx'
import { DeliveryMark } from './delivery-mark.tsx'
import { FileCard } from './file-card.tsx'
import { Icon } from './icon.tsx'
import { LocationPoint } from './location-point.tsx'
import { MemberName } from './member-name.tsx'
import { MessageText } from './message-text.tsx'
import { PersonName } from './person-name.tsx'
import { Quote } from './quote.tsx'
import { Reactions } from './reactions.tsx'

interface MessageProps {
  readonly message: MessageView
  readonly first: boolean
  readonly last: boolean
  readonly telling: boolean
  readonly people: ReadonlyMap<string, MemberView>
  readonly files: FilesStore
  readonly answered: MessageView | undefined
  /** Whether this person may write and react here. */
  readonly writes: boolean
  readonly onReply: (message: MessageView) => void
  readonly onReact: (message: MessageView, emoji: string, on: boolean) => void
  readonly onMenu: (message: MessageView, at: DOMRect) => void
  readonly onGo: (id: string) => void
}

export function Message(props: MessageProps) {
  const { message: given, first, last, telling, people, answered, writes } = props
  const message = lapsed(given)
  const { own, sentAt, delivery } = message
  const member = people.get(message.author)
  const press = useLongPress((at) => props.onMenu(message, at))
  // What was deleted or has disappeared leaves nothing to do.
  const there = tombstoneWords(message) === null || message.kind === 'unknown'
  const whose = own ? 'your message' : message.authorName || 'this message'
  return (
    <li
      class={`message ${own ? 'own' : 'other'} ${first ? 'first' : ''} ${last ? 'last' : ''}`}
      data-id={message.id}
      tabIndex={-1}
      {...press}
    >
      {first && !own && (
        <Avatar id={message.author} name={message.authorName} picture={member?.avatar} />
      )}
      <div class="bubble-line">
        <div class={`bubble ${message.mentioned ? 'mentioned' : ''}`}>
          {first && !own ? (
            <p class="author">
              <MemberName id={message.author} name={message.authorName} member={member} />
            </p>
          ) : (
            <span class="hidden">{own ? 'You' : <PersonName name={message.authorName} />}: </span>
          )}
          {message.replyTo !== undefined && (
            <Quote
              message={answered}
              people={people}
              onGo={() => props.onGo(message.replyTo ?? '')}
            />
          )}
          <Content message={message} people={people} files={props.files} />
        </div>
        <span class="message-tools">
          {writes && there && (
            <button
              type="button"
              class="icon-button reply"
              aria-label={`Answer ${whose}`}
              title="Answer"
              onClick={() => props.onReply(message)}
            >
              <Icon name="reply" />
            </button>
          )}
          {(there || !own) && (
            <button
              type="button"
              class="icon-button reply"
              aria-label={`More about ${own ? whose : `what ${whose} wrote`}`}
              aria-haspopup="dialog"
              title="More"
              onClick={(event) =>
                props.onMenu(message, event.currentTarget.getBoundingClientRect())
              }
            >
              <Icon name="more" />
            </button>
          )}
        </span>
      </div>
      {(message.reactions?.length ?? 0) > 0 && (
        <Reactions
          reactions={message.reactions ?? []}
          onToggle={writes ? (emoji, on) => props.onReact(message, emoji, on) : undefined}
        />
      )}
      {(last || (own && telling) || message.expiresAt !== undefined || message.pinned) && (
        <p class="meta">
          <time dateTime={isoTime(sentAt)} title={fullWords(sentAt)}>
            {timeWords(sentAt)}
          </time>
          {message.pinned && (
            <span class="delivery">
              <Icon name="pin" /> Pinned
            </span>
          )}
          {message.expiresAt !== undefined && <Countdown until={message.expiresAt} />}
          {own && <DeliveryMark delivery={delivery} />}
        </p>
      )}
    </li>
  )
}

interface ContentProps {
  readonly message: MessageView
  readonly files: FilesStore
  readonly people: ReadonlyMap<string, MemberView>
}

function Content({ message, people, files }: ContentProps) {
  const mentions = useMemo(
    () =>
      (message.mentions ?? []).flatMap((id) => {
        const named = people.get(id)
        return named ? [{ name: named.name, self: named.self }] : []
      }),
    [message.mentions, people],
  )
  const gone = tombstoneWords(message)
  if (gone !== null) return <p class="text quiet">{gone}</p>
  return (
    <>
      {message.kind === 'location' && message.location ? (
        <LocationPoint point={message.location} />
      ) : (
        <>
          {message.file && <FileCard files={files} card={message.file} own={message.own} />}
          {message.text !== '' && <MessageText text={message.text} mentions={mentions} />}
        </>
      )}
      {message.editedAt !== undefined && (
        <small class="edited" title={fullWords(message.editedAt)}>
          changed
        </small>
      )}
    </>
  )
}

function Countdown({ until }: { until: number }) {
  return (
    <span class="delivery">
      <Icon name="timer" /> Disappears in {spanWords(until - now.value)}
    </span>
  )
}

/** A message whose time is up shows no more, even while the node has not said so yet. */
function lapsed(message: MessageView): MessageView {
  const { expiresAt, kind } = message
  const there = kind === 'text' || kind === 'location' || kind === 'file'
  if (!there || expiresAt === undefined || expiresAt > now.value) return message
  const { location: _, file: __, reactions: ___, expiresAt: ____, ...rest } = message
  return { ...rest, kind: 'expired', text: '' }
}
