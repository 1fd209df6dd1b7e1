import { useMemo, useState } from 'preact/hooks'
import type { RoomStore } from '../state/room-store.ts'
import { timelineRows } from '../state/timeline-rows.ts'
import { dayOf, dayWords } from '../text/dates.ts'
import { count, sharedNames } from '../text/words.ts'
import { Icon } from './icon.tsx'
import { Message } from './message.tsx'
import { UnsentMessage } from './unsent-message.tsx'
import { useSteadyScroll } from './use-steady-scroll.ts'

/** The room's messages: a stretch of them on screen, older and newer ones a step away. */
export function Timeline({ room }: { room: RoomStore }) {
  const timeline = room.timeline.value
  const unreadFrom = room.unreadFrom.value
  const outbox = room.outbox.messages.value
  const shared = sharedNames(room.members.value)
  const [found, setFound] = useState<string | null>(null)
  const items = timeline?.items
  const rows = useMemo(() => timelineRows(items ?? [], unreadFrom, dayOf), [items, unreadFrom])
  const byId = useMemo(() => new Map((items ?? []).map((m) => [m.id, m])), [items])
  const scroll = useSteadyScroll({
    ready: timeline !== null,
    live: timeline?.newer.length === 0,
    content: rows,
    tail: outbox.length,
    onTop: () => timeline?.more === true && void room.older(),
    onBottom: () => timeline && timeline.newer.length > 0 && void room.newer(),
    onLook: (atBottom) => room.look(atBottom),
  })
  const goTo = (id: string): void => {
    setFound(id)
    scroll.reveal(id)
  }
  const toNewest = (): void => void room.newest().then(() => scroll.toBottom())
  if (!timeline) {
    return (
      <div class="timeline">
        <p class="quiet centred" role="status">
          Opening…
        </p>
      </div>
    )
  }
  const now = Date.now()
  const reading = timeline.newer.length > 0 || !scroll.atBottom
  return (
    <div class="timeline-place">
      <div
        class="timeline"
        ref={scroll.ref}
        onScroll={scroll.onScroll}
        role="region"
        aria-label="Messages"
        tabIndex={0}
      >
        {timeline.more ? (
          <button type="button" class="button centred" onClick={() => void room.older()}>
            <Icon name="up" /> Earlier messages
          </button>
        ) : (
          <p class="quiet centred beginning">
            {items?.length === 0 && outbox.length === 0
              ? 'Nothing here yet. Say hello, or invite somebody.'
              : 'This is where the room begins.'}
          </p>
        )}
        <ol class="messages">
          {rows.map((row) => {
            if (row.kind === 'day') {
              return (
                <li key={row.key} class="day">
                  <span>{dayWords(row.day, now)}</span>
                </li>
              )
            }
            if (row.kind === 'unread') {
              return (
                <li key={row.key} class="unread" data-id="unread">
                  <span>New messages</span>
                </li>
              )
            }
            return (
              <Message
                key={row.key}
                message={row.message}
                first={row.first}
                last={row.last}
                telling={row.telling}
                sharedName={shared.has(row.message.author)}
                answered={byId.get(row.message.replyTo ?? '')}
                onReply={(message) => (room.replyTo.value = message)}
                onGo={goTo}
              />
            )
          })}
          {timeline.newer.length === 0 &&
            outbox.map((message) => (
              <UnsentMessage
                key={message.key}
                message={message}
                onResend={(key) => room.outbox.resend(key)}
                onDiscard={(key) => room.outbox.discard(key)}
              />
            ))}
        </ol>
        {timeline.newer.length > 0 && (
          <button type="button" class="button centred" onClick={() => void room.newer()}>
            <Icon name="down" /> Later messages
          </button>
        )}
      </div>
      {reading && (
        <button
          type="button"
          class="jump"
          {...(room.below.value === 0 ? { 'aria-label': 'To the newest' } : {})}
          onClick={toNewest}
        >
          <Icon name="down" />
          {room.below.value > 0 && count(room.below.value, 'new message')}
        </button>
      )}
      <span class="hidden" role="status">
        {found !== null && 'Went to the message that was answered'}
      </span>
    </div>
  )
}
