import { useEffect, useState } from 'preact/hooks'
import type { InviteView, RoomView } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { dateWords } from '../text/dates.ts'
import { count, roleName } from '../text/words.ts'
import { Failure } from './failure.tsx'
import { PersonName } from './person-name.tsx'

/** The open ways into a room, each with its end. */
export function Invites({ room }: { room: RoomView }) {
  const store = useStore()
  const task = useTask()
  const [invites, setInvites] = useState<readonly InviteView[] | null>(null)
  const people = store.roomStore(room.id).people.value
  const load = async (): Promise<void> => setInvites(await store.api.rooms.invites(room.id))
  useEffect(() => task.run(load), [])
  const revoke = (id: string): void =>
    task.run(async () => {
      await store.api.rooms.revoke(room.id, id)
      await load()
    })
  const open = (invites ?? []).filter(({ state }) => state === 'open')
  return (
    <section aria-label="Invites">
      <h3>Invites that still work</h3>
      <Failure text={task.failure} />
      {invites !== null && open.length === 0 && <p class="quiet">None.</p>}
      <ul class="cards">
        {open.map((invite) => (
          <li key={invite.id} class="card">
            <div class="row">
              <span class="grow">
                {roleName(invite.role)}, by <PersonName name={people.get(invite.by)?.name ?? ''} />
                <small>
                  {invite.uses === null
                    ? `${count(invite.used, 'person', 'people')} came in`
                    : `${invite.used} of ${count(invite.uses, 'person', 'people')} came in`}
                  {invite.expiresAt !== null && `, until ${dateWords(invite.expiresAt)}`}
                </small>
              </span>
              <button
                type="button"
                class="button"
                disabled={task.busy}
                onClick={() => revoke(invite.id)}
              >
                Revoke
              </button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
