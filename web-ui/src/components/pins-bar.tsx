import { useState } from 'preact/hooks'
import type { RoomStore } from '../state/room-store.ts'
import { shortWords } from '../text/message-words.ts'
import { count } from '../text/words.ts'
import { Icon } from './icon.tsx'
import { MemberName } from './member-name.tsx'

/** What moderators pinned: the newest in one line, the others behind it. */
export function PinsBar({ room }: { room: RoomStore }) {
  const [all, setAll] = useState(false)
  const pins = [...room.pins.value].reverse()
  if (pins.length === 0) return null
  const shown = all ? pins : pins.slice(0, 1)
  return (
    <section class="pins" aria-label="Pinned messages">
      <Icon name="pin" />
      <ul class="grow">
        {shown.map((message) => (
          <li key={message.id}>
            <button type="button" class="pin" onClick={() => room.seek(message.id)}>
              <span class="hidden">Pinned: </span>
              <strong>
                <MemberName
                  id={message.author}
                  name={message.authorName}
                  member={room.people.value.get(message.author)}
                />
              </strong>{' '}
              <bdi>{shortWords(message)}</bdi>
            </button>
          </li>
        ))}
      </ul>
      {pins.length > 1 && (
        <button type="button" class="text-button" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `${count(pins.length - 1, 'more', 'more')}`}
        </button>
      )}
    </section>
  )
}
