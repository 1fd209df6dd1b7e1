import type { RoomView } from '../../../node-app/api/schemas.ts'
import { isHere } from '../state/presence.ts'
import { useStore } from '../state/store-context.ts'
import { roleName, sharedNames } from '../text/words.ts'
import { Avatar } from './avatar.tsx'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'
import { PersonName } from './person-name.tsx'

export function Members({ room, onClose }: { room: RoomView; onClose: () => void }) {
  const store = useStore()
  const members = store.roomStore(room.id).members.value
  const shared = sharedNames(members)
  return (
    <Dialog title="People in this room" onClose={onClose}>
      <ul class="people">
        {members.map((member) => {
          const here = isHere(member, store.status.value?.peers ?? [])
          return (
            <li key={member.id}>
              <Avatar id={member.id} name={member.name} />
              <span class="grow">
                <PersonName
                  name={member.name}
                  tag={shared.has(member.id) ? member.id : undefined}
                />
                {member.self && ' (you)'}
                <small>{roleName(member.role)}</small>
              </span>
              <span class={`presence ${here ? 'here' : ''}`}>{here ? 'Here' : 'Away'}</span>
            </li>
          )
        })}
      </ul>
      <button type="button" class="button primary" onClick={() => (store.dialog.value = 'invite')}>
        <Icon name="invite" /> Invite people
      </button>
    </Dialog>
  )
}
