import { useEffect, useMemo, useState } from 'preact/hooks'
import { sentence } from '../api/api-failure.ts'
import type { MessageView } from '../api/views.ts'
import type { RoomStore } from '../state/room-store.ts'
import { timelineRows } from '../state/timeline-rows.ts'
import { dayOf, dayWords } from '../text/dates.ts'
import { count } from '../text/words.ts'
import { Icon } from './icon.tsx'
import { Message } from './message.tsx'
import { UnsentMessage } from './unsent-message.tsx'
import { UploadRow } from './upload-row.tsx'
import { useSteadyScroll } from './use-steady-scroll.ts'

/** The room's messages: a stretch of them on screen, older and newer ones a step away. */
export function Timeline({ room, writes }: { room: RoomStore; writes: boolean }) {
  const { timeline: store } = room
  const timeline = store.shown.value
  const unreadFrom = store.reader.unreadFrom.value
  const sought = store.sought.value
  const outbox = room.outbox.messages.value
  const uploads = room.uploads.uploads.value
  const people = room.people.value
  const [found, setFound] = useState<string | null>(null)
  const items = timeline?.items
  const rows = useMemo(() => timelineRows(items ?? [], unreadFrom, dayOf), [items, unreadFrom])
  const byId = useMemo(() => new Map((items ?? []).map((m) => [m.id, m])), [items])
  const scroll = useSteadyScroll({
    ready: timeline !== null,
    live: timeline?.live === true,
    content: rows,
    tail: outbox.length + uploads.length,
    onTop: () => timeline?.more === true && void store.older(),
    onBottom: () => timeline?.live === false && void store.newer(),
    onLook: (atBottom) => store.look(atBottom),
  })
  useEffect(() => {
    if (sought === null || !byId.has(sought)) return
    store.sought.value = null
    setFound(sought)
    scroll.reveal(sought)
  }, [sought, byId])
  const toNewest = (): void => void store.newest().then(() => scroll.toBottom())
  if (!timeline) {
    return (
      <div class="timeline">
        <p class="quiet centred" role="status">
          Opening…
        </p>
      </div>
    )
  }
  const react = async (message: MessageView, emoji: string, on: boolean): Promise<void> => {
    await room.react(message, emoji, on).catch((error: unknown) => {
      store.failure.value = sentence(error)
    })
  }
  const now = Date.now()
  const reading = !timeline.live || !scroll.atBottom
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
          <button type="button" class="button centred" onClick={() => void store.older()}>
            <Icon name="up" /> Earlier messages
          </button>
        ) : (
          <p class="quiet centred beginning">
            {items?.length === 0 && outbox.length + uploads.length === 0
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
                people={people}
                files={room.files}
                answered={byId.get(row.message.replyTo ?? '')}
                writes={writes}
                onReply={(to) => (room.writing.value = { kind: 'answer', to })}
                onReact={(message, emoji, on) => void react(message, emoji, on)}
                onMenu={(message, at) => (room.menu.value = { message, at })}
                onGo={(id) => room.seek(id)}
              />
            )
          })}
          {timeline.live &&
            outbox.map((message) => (
              <UnsentMessage
                key={message.key}
                message={message}
                onResend={(key) => room.outbox.resend(key)}
                onDiscard={(key) => room.outbox.discard(key)}
              />
            ))}
          {timeline.live &&
            uploads.map((upload) => (
              <UploadRow key={upload.key} upload={upload} uploads={room.uploads} />
            ))}
        </ol>
        {!timeline.live && (
          <button type="button" class="button centred" onClick={() => void store.newer()}>
            <Icon name="down" /> Later messages
          </button>
        )}
      </div>
      {reading && (
        <button
          type="button"
          class="jump"
          {...(store.reader.below.value === 0 ? { 'aria-label': 'To the newest' } : {})}
          onClick={toNewest}
        >
          <Icon name="down" />
          {store.reader.below.value > 0 && count(store.reader.below.value, 'new message')}
        </button>
      )}
      <span class="hidden" role="status">
        {found !== null && 'Went to that message'}
      </span>
    </div>
  )
}
