import { useState } from 'preact/hooks'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'

export function CreateRoom({ onClose }: { onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const [name, setName] = useState('')
  const submit = (event: Event): void => {
    event.preventDefault()
    task.run(async () => {
      store.adopt(await store.api.rooms.create(name.trim()))
      onClose()
    })
  }
  return (
    <Dialog title="Make a room" onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <label class="field">
          <span>Name of the room</span>
          <input
            type="text"
            dir="auto"
            value={name}
            maxLength={64}
            autocomplete="off"
            placeholder="Our street"
            data-autofocus
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <p class="quiet">Only people you invite can find it or read it.</p>
        <Failure text={task.failure} />
        <button type="submit" class="button primary" disabled={task.busy || name.trim() === ''}>
          Make the room
        </button>
      </form>
    </Dialog>
  )
}
