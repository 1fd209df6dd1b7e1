import { useEffect, useRef } from 'preact/hooks'
import { useStore } from '../state/store-context.ts'
import { Lantern } from './lantern.tsx'
import { NameForm } from './name-form.tsx'

/** The first run: a name, and what happens to it. */
export function Naming() {
  const store = useStore()
  const place = useRef<HTMLElement>(null)
  useEffect(() => place.current?.querySelector('input')?.focus(), [])
  return (
    <main class="threshold" ref={place}>
      <Lantern />
      <h1>Welcome. What should people call you?</h1>
      <p>
        A first name or a nickname is enough. There is no account, no password and no phone number.
        It stays on this device until you enter a room, and then only the people in that room see
        it.
      </p>
      <NameForm name="" action="Go in" onSave={(name) => store.setName(name)} />
    </main>
  )
}
