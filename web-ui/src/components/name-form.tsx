import { useState } from 'preact/hooks'
import { useTask } from '../state/use-task.ts'
import { Failure } from './failure.tsx'

interface NameFormProps {
  readonly name: string
  readonly action: string
  readonly onSave: (name: string) => Promise<void>
}

/** Asks for the name that others see. */
export function NameForm({ name, action, onSave }: NameFormProps) {
  const task = useTask()
  const [typed, setTyped] = useState(name)
  const ready = typed.trim() !== '' && typed.trim() !== name
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (ready) task.run(() => onSave(typed.trim()))
      }}
    >
      <label class="field">
        <span>Your name</span>
        <input
          type="text"
          dir="auto"
          value={typed}
          maxLength={64}
          autocomplete="nickname"
          data-autofocus
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      <Failure text={task.failure} />
      <button type="submit" class="button primary" disabled={task.busy || !ready}>
        {action}
      </button>
    </form>
  )
}
