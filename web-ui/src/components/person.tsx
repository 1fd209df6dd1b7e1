import { useState } from 'preact/hooks'
import type { RoomView } from '../api/views.ts'
import { mayActOn } from '../state/ranks.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { memberWords } from '../text/words.ts'
import { Avatar } from './avatar.tsx'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { MemberName } from './member-name.tsx'
import { Moderation } from './moderation.tsx'
import { Verification } from './verification.tsx'

/** One person of the room: whether it is really them, and what can be done about them. */
export function Person({ room, onClose }: { room: RoomView; onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const [said, setSaid] = useState('')
  const people = store.roomStore(room.id)
  const id = store.personId.value ?? ''
  const member = people.people.value.get(id)
  const back = (): void => {
    store.dialog.value = 'members'
  }
  if (people.members.value.length === 0) {
    return (
      <Dialog title="Opening…" onClose={onClose}>
        <p role="status">Looking who is in this room.</p>
      </Dialog>
    )
  }
  if (!member) {
    return (
      <Dialog title="Not in this room" onClose={onClose} onBack={back}>
        <p>This person is not in the room any more. What they wrote stays.</p>
      </Dialog>
    )
  }
  const block = (): void =>
    task.run(async () => {
      await store.api.people.block(member.id, !member.blocked)
      setSaid(member.blocked ? 'Unblocked.' : 'Blocked.')
      people.renew()
    })
  return (
    <Dialog
      title={member.name.trim() === '' ? 'Somebody' : member.name}
      onClose={onClose}
      onBack={back}
    >
      <div class="person-row">
        <Avatar id={member.id} name={member.name} picture={member.avatar} />
        <span class="grow">
          <MemberName id={member.id} name={member.name} member={{ ...member, confusable: true }} />
          <small>{memberWords(member)}</small>
        </span>
      </div>
      <Verification key={member.id} member={member} onChanged={() => people.renew()} />
      <section>
        <h3>{member.blocked ? 'Blocked' : 'Block'}</h3>
        <p class="quiet">
          {member.blocked
            ? 'Nothing they write is shown on your devices.'
            : 'Hides all they write, in every room, on your devices alone. They are not told.'}
        </p>
        <Failure text={task.failure} />
        <button type="button" class="button" disabled={task.busy} onClick={block}>
          {member.blocked ? 'Unblock' : 'Block'}
        </button>
        <p role="status" class="hidden">
          {said}
        </p>
      </section>
      {mayActOn(room.role, member) && (
        <Moderation room={room} member={member} onGone={back} onChanged={() => people.renew()} />
      )}
    </Dialog>
  )
}
