import { useEffect, useRef, useState } from 'preact/hooks'
import { useStore } from '../state/store-context.ts'
import { Lantern } from './lantern.tsx'
import { NameForm } from './name-form.tsx'
import { PairHere } from './pair-here.tsx'

/** The first run: a name, and what happens to it; or the way in for who has Porchlight elsewhere. */
export function Naming() {
  const store = useStore()
  const place = useRef<HTMLElement>(null)
  const [elsewhere, setElsewhere] = useState(false)
  useEffect(
    () => place.current?.querySelector<HTMLElement>('input, textarea')?.focus(),
    [elsewhere],
  )
  return (
    <main class="threshold" ref={place}>
      <Lantern />
      {elsewhere ? (
        <>
          <h1>Bring your rooms to this device</h1>
          <PairHere onBack={() => setElsewhere(false)} />
        </>
      ) : (
        <>
          <h1>Welcome. What should people call you?</h1>
          <p>
            A first name or a nickname is enough. There is no account, no password and no phone
            number. It stays on this device until you enter a room, and then only the people in that
            room see it.
          </p>
          <NameForm name="" action="Go in" onSave={(name) => store.setName(name)} />
          <button type="button" class="text-button" onClick={() => setElsewhere(true)}>
            I have Porchlight elsewhere
          </button>
        </>
      )}
    </main>
  )
}
