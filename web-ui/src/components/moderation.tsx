import { useState } from 'preact/hooks'
import type { MemberView, Role, RoomView } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { roleName, roleWords } from '../text/words.ts'
import { Confirm } from './confirm.tsx'
import { Failure } from './failure.tsx'
import { PersonName } from './person-name.tsx'

interface ModerationProps {
  readonly room: RoomView
  readonly member: MemberView
  readonly onGone: () => void
  readonly onChanged: () => void
}

type Asked = 'mute' | 'remove' | 'ban' | Role

const ROLES: readonly Role[] = ['reader', 'member', 'moderator', 'admin']
const DOES = {
  mute: 'Nothing they write from now on is shown to anyone in this room. They stay, and can be let speak again.',
  remove:
    'All of their devices leave the room, and its key changes: they read nothing new. They can come back with a new invite.',
  ban: 'They are removed, and no invite lets them in again until the ban is lifted.',
}

/** What a moderator or an admin can do about a member; each says what it does before it does it. */
export function Moderation({ room, member, onGone, onChanged }: ModerationProps) {
  const store = useStore()
  const task = useTask()
  const [asked, setAsked] = useState<Asked | null>(null)
  const { rooms } = store.api
  const run = (work: () => Promise<unknown>, after: () => void): void =>
    task.run(async () => {
      await work()
      setAsked(null)
      onChanged()
      after()
    })
  const stay = (): void => undefined
  const act = (what: Asked): void => {
    if (what === 'mute') run(() => rooms.mute(room.id, member.id, true), stay)
    else if (what === 'remove') run(() => rooms.remove(room.id, member.id), onGone)
    else if (what === 'ban') run(() => rooms.ban(room.id, member.id, true), onGone)
    else run(() => rooms.setRole(room.id, member.id, what), stay)
  }
  return (
    <section>
      <h3>As {room.role === 'admin' ? 'an admin' : 'a moderator'} you can</h3>
      {room.role === 'admin' && (
        <label class="field">
          <span>Give a role</span>
          <select
            value={member.role}
            disabled={task.busy}
            onChange={(event) => {
              setAsked(event.currentTarget.value as Role)
              event.currentTarget.value = member.role
            }}
          >
            {ROLES.map((role) => (
              <option key={role} value={role}>
                {roleName(role)}
              </option>
            ))}
          </select>
        </label>
      )}
      <div class="row">
        {member.muted ? (
          <button
            type="button"
            class="button"
            disabled={task.busy}
            onClick={() => run(() => rooms.mute(room.id, member.id, false), stay)}
          >
            Let them speak again
          </button>
        ) : (
          <button type="button" class="button" onClick={() => setAsked('mute')}>
            Mute
          </button>
        )}
        <button type="button" class="button danger" onClick={() => setAsked('remove')}>
          Remove
        </button>
        <button type="button" class="button danger" onClick={() => setAsked('ban')}>
          Ban
        </button>
      </div>
      {asked !== null && (
        <Confirm
          key={asked}
          title={
            <>
              {titleOf(asked)} <PersonName name={member.name} />
            </>
          }
          action="Yes, do it"
          busy={task.busy}
          onYes={() => act(asked)}
          onNo={() => setAsked(null)}
        >
          {asked in DOES ? DOES[asked as keyof typeof DOES] : roleWords(asked as Role)}
        </Confirm>
      )}
      <Failure text={task.failure} />
    </section>
  )
}

function titleOf(asked: Asked): string {
  switch (asked) {
    case 'mute':
      return 'Mute'
    case 'remove':
      return 'Remove'
    case 'ban':
      return 'Ban'
    default:
      return `New role (${roleName(asked)}) for`
  }
}
