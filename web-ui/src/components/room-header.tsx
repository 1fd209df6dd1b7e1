import { useEffect, useRef } from 'preact/hooks'
import type { RoomView } from '../api/views.ts'
import { isHere } from '../state/presence.ts'
import { useStore } from '../state/store-context.ts'
import { count } from '../text/words.ts'
import { Icon } from './icon.tsx'
import { PersonName } from './person-name.tsx'

export function RoomHeader({ room }: { room: RoomView }) {
  const store = useStore()
  const heading = useRef<HTMLHeadingElement>(null)
  // Where a keyboard opens over half the screen, the heading takes the focus instead of the box.
  useEffect(() => {
    if (!matchMedia('(hover: hover) and (pointer: fine)').matches) heading.current?.focus()
  }, [])
  const joined = room.state === 'joined'
  const peers = store.status.value?.peers ?? []
  const members = store.roomStore(room.id).members.value
  const here = members.filter((member) => !member.self && isHere(member, peers)).length
  return (
    <header class="room-head">
      <button
        type="button"
        class="icon-button back"
        aria-label="Back to your rooms"
        onClick={() => store.go(null)}
      >
        <Icon name="back" />
      </button>
      <div class="grow">
        <h1 tabIndex={-1} ref={heading}>
          <PersonName name={room.name} />
        </h1>
        {joined && (
          <button
            type="button"
            class="text-button"
            onClick={() => (store.dialog.value = 'members')}
          >
            {count(room.members, 'person', 'people')}
            {here > 0 && `, ${here} here now`}
          </button>
        )}
      </div>
      {joined && room.role !== 'reader' && (
        <button
          type="button"
          class="button"
          aria-label="Invite people"
          onClick={() => (store.dialog.value = 'invite')}
        >
          <Icon name="invite" /> <span class="wide">Invite</span>
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label="Files of this room"
        title="Files"
        onClick={() => (store.dialog.value = 'files')}
      >
        <Icon name="files" />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Room settings"
        title="Room settings"
        onClick={() => (store.dialog.value = 'settings')}
      >
        <Icon name="settings" />
      </button>
    </header>
  )
}
