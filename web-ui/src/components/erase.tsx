import { useState } from 'preact/hooks'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'

const WORD = 'wipe'

/** Removes this person from this device: the word has to be typed. */
export function Erase({ onClose }: { onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const [typed, setTyped] = useState('')
  const ready = typed.trim().toLowerCase() === WORD
  return (
    <Dialog title="Erase everything" onClose={onClose} onBack={() => (store.dialog.value = 'you')}>
      <p>
        Your keys, rooms and messages are erased from this device and from this browser, at once. It
        cannot be undone. Others keep what you wrote to them.
      </p>
      <p>Only your 24 words, or another device of yours, can bring you back.</p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) task.run(() => store.wipe())
        }}
      >
        <label class="field">
          <span>
            Type <code>{WORD}</code> to go on
          </span>
          <input
            type="text"
            value={typed}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            data-autofocus
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <Failure text={task.failure} />
        <button type="submit" class="button danger" disabled={!ready || task.busy}>
          {task.busy ? 'Erasing…' : 'Erase everything'}
        </button>
      </form>
    </Dialog>
  )
}
