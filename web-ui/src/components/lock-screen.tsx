import { useEffect, useRef, useState } from 'preact/hooks'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { Failure } from './failure.tsx'
import { Lantern } from './lantern.tsx'

/** The node has its keys sealed: nothing is shown until the passphrase opens them. */
export function LockScreen() {
  const store = useStore()
  const task = useTask()
  const [typed, setTyped] = useState('')
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => box.current?.focus(), [])
  return (
    <main class="threshold">
      <Lantern lit={false} />
      <h1>Porchlight is locked</h1>
      <p>Your messages are safe. While it is locked, nothing is sent or received.</p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          task.run(async () => {
            await store.unlock(typed)
            setTyped('')
          })
        }}
      >
        <label class="field">
          <span>Passphrase</span>
          <input
            ref={box}
            type="password"
            value={typed}
            maxLength={1024}
            autocomplete="current-password"
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <Failure text={task.failure} />
        <button type="submit" class="button primary" disabled={task.busy || typed === ''}>
          {task.busy ? 'Opening…' : 'Unlock'}
        </button>
      </form>
    </main>
  )
}
