import type { RoomView } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { PersonName } from './person-name.tsx'

export function LeaveRoom({ room, onClose }: { room: RoomView; onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const leave = (): void =>
    task.run(async () => {
      await store.leave(room.id)
      onClose()
    })
  return (
    <Dialog title="Leave this room?" onClose={onClose}>
      <p>
        <PersonName name={room.name} /> will be gone from your list, and new messages will not reach
        you. Others keep what you wrote. To come back you need an invite.
      </p>
      <Failure text={task.failure} />
      <div class="row end">
        <button type="button" class="button" data-autofocus onClick={onClose}>
          Stay
        </button>
        <button type="button" class="button danger" disabled={task.busy} onClick={leave}>
          Leave the room
        </button>
      </div>
    </Dialog>
  )
}
