import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Role } from '../../../node-app/api/schemas.ts'
import { loadDraft, saveDraft } from '../state/drafts.ts'
import type { RoomStore } from '../state/room-store.ts'
import { roomLeft } from '../text/message-size.ts'
import { Icon } from './icon.tsx'
import { Quote } from './quote.tsx'

/** Where a message is written: Enter sends, Shift+Enter breaks the line. */
export function Composer({ room, role }: { room: RoomStore; role: Role }) {
  const [text, setText] = useState(() => loadDraft(room.id))
  const box = useRef<HTMLTextAreaElement>(null)
  const replyTo = room.replyTo.value
  useEffect(() => {
    if (matchMedia('(hover: hover) and (pointer: fine)').matches) box.current?.focus()
  }, [])
  useEffect(() => {
    if (replyTo) box.current?.focus()
  }, [replyTo])
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight + 2}px`
  }, [text])
  if (role === 'reader')
    return <p class="composer reading">You can read in this room, not write.</p>
  const left = roomLeft(text)
  const ready = text.trim() !== '' && left >= 0
  const change = (next: string): void => {
    setText(next)
    saveDraft(room.id, next)
  }
  const send = (): void => {
    if (!ready) return
    room.send(text.trim())
    change('')
    box.current?.focus()
  }
  const onKey = (event: KeyboardEvent): void => {
    // While an input method is composing, Enter chooses a word.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      send()
    } else if (event.key === 'Escape' && replyTo) {
      room.replyTo.value = null
    }
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {replyTo && (
        <div class="answering">
          <Quote message={replyTo} />
          <button
            type="button"
            class="icon-button"
            aria-label="Do not answer that message"
            onClick={() => (room.replyTo.value = null)}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      <div class="row">
        <textarea
          ref={box}
          rows={1}
          dir="auto"
          aria-label="Message"
          placeholder="Write a message"
          value={text}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={onKey}
        />
        <button type="submit" class="send-button" aria-label="Send" disabled={!ready}>
          <Icon name="send" />
        </button>
      </div>
      <p class="quiet size" role="status">
        {left < 0 && 'Too long for one message. Send it in two.'}
      </p>
    </form>
  )
}
