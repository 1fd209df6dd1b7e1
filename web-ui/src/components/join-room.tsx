import { useState } from 'preact/hooks'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { inviteIn } from '../text/invite-text.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'

export function JoinRoom({ onClose }: { onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const [pasted, setPasted] = useState('')
  const invite = inviteIn(pasted)
  const submit = (event: Event): void => {
    event.preventDefault()
    if (invite === null) return
    task.run(async () => {
      store.adopt(await store.api.rooms.join(invite))
      onClose()
    })
  }
  return (
    <Dialog title="Join a room" onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <label class="field">
          <span>The invite you were given</span>
          <textarea
            rows={4}
            class="mono"
            value={pasted}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            placeholder="porchlight:…"
            data-autofocus
            onInput={(event) => setPasted(event.currentTarget.value)}
          />
        </label>
        <p class="quiet" role="status">
          {pasted.trim() !== '' && invite === null
            ? 'No invite in there yet. It begins with “porchlight:”.'
            : 'Spaces and line breaks in it do no harm.'}
        </p>
        <Failure text={task.failure} />
        <button type="submit" class="button primary" disabled={task.busy || invite === null}>
          {task.busy ? 'Looking for somebody to let you in…' : 'Join'}
        </button>
      </form>
    </Dialog>
  )
}
