import type { MemberView, RoomView } from '../api/views.ts'
import { isHere } from '../state/presence.ts'
import { useStore } from '../state/store-context.ts'
import { memberWords } from '../text/words.ts'
import { Avatar } from './avatar.tsx'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'
import { MemberName } from './member-name.tsx'

export function Members({ room, onClose }: { room: RoomView; onClose: () => void }) {
  const store = useStore()
  const members = store.roomStore(room.id).members.value
  return (
    <Dialog title="People in this room" onClose={onClose}>
      <ul class="people">
        {members.map((member) => (
          <li key={member.id}>
            <Person member={member} />
          </li>
        ))}
      </ul>
      {room.role !== 'reader' && (
        <button
          type="button"
          class="button primary"
          onClick={() => (store.dialog.value = 'invite')}
        >
          <Icon name="invite" /> Invite people
        </button>
      )}
    </Dialog>
  )
}

function Person({ member }: { member: MemberView }) {
  const store = useStore()
  const here = isHere(member, store.status.value?.peers ?? [])
  const inside = (
    <>
      <Avatar id={member.id} name={member.name} picture={member.avatar} />
      <span class="grow">
        <MemberName id={member.id} name={member.name} member={member} />
        {member.self && ' (you)'}
        <small>{memberWords(member)}</small>
      </span>
      <span class={`presence ${here ? 'here' : ''}`}>{here ? 'Here' : 'Away'}</span>
    </>
  )
  if (member.self) return <div class="person-row">{inside}</div>
  return (
    <button type="button" class="person-row" onClick={() => store.showPerson(member.id)}>
      {inside}
    </button>
  )
}
