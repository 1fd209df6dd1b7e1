import type { RoomStore } from '../state/room-store.ts'
import { spanWords } from '../text/spans.ts'
import { Icon } from './icon.tsx'
import { Quote } from './quote.tsx'

/** Above the box: what is answered or changed, and that what is sent will disappear. */
export function WritingNotice({ room, onStop }: { room: RoomStore; onStop: () => void }) {
  const writing = room.writing.value
  const timer = room.timer.value ?? room.roomTimer.value
  if (writing.kind !== 'new') {
    const message = writing.kind === 'edit' ? writing.message : writing.to
    return (
      <div class="answering">
        {writing.kind === 'edit' && <Icon name="edit" />}
        <Quote message={message} people={room.people.value} />
        <button
          type="button"
          class="icon-button"
          aria-label={writing.kind === 'edit' ? 'Leave it unchanged' : 'Do not answer that message'}
          onClick={onStop}
        >
          <Icon name="close" />
        </button>
      </div>
    )
  }
  if (timer === null) return null
  return (
    <p class="quiet timer-note">
      <Icon name="timer" /> What you send disappears after {spanWords(timer)}.
    </p>
  )
}
