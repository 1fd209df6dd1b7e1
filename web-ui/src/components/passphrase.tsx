import { useState } from 'preact/hooks'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { Icon } from './icon.tsx'

/** Shorter ones are guessed too soon. */
const SHORTEST = 8

/** Sealing this device's keys with a passphrase, changing or removing it, and locking now. */
export function Passphrase({ onClose }: { onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const [said, setSaid] = useState('')
  const sealed = store.status.value?.sealed === true
  const fits = next.length >= SHORTEST && next === again && (!sealed || current !== '')
  const save = (passphrase: string | null, words: string): void =>
    task.run(async () => {
      setSaid('')
      await store.api.owner.setPassphrase(sealed ? current : null, passphrase)
      for (const clear of [setCurrent, setNext, setAgain]) clear('')
      await store.renewStatus()
      setSaid(words)
    })
  const secret = (label: string, value: string, set: (text: string) => void, kind: string) => (
    <label class="field">
      <span>{label}</span>
      <input
        type="password"
        value={value}
        maxLength={1024}
        autocomplete={kind}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  )
  return (
    <Dialog
      title="Passphrase and lock"
      onClose={onClose}
      onBack={() => (store.dialog.value = 'you')}
    >
      <p>
        {sealed
          ? 'This device asks for your passphrase when it starts. Without it, nobody reads what it keeps.'
          : 'Without a passphrase, whoever opens this device or copies its disk can read all your rooms.'}
      </p>
      {sealed && (
        <button
          type="button"
          class="button primary"
          disabled={task.busy}
          onClick={() => task.run(() => store.lock())}
        >
          <Icon name="lock" /> Lock now
        </button>
      )}
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (fits) save(next, sealed ? 'The passphrase was changed.' : 'The passphrase is set.')
        }}
      >
        <h3>{sealed ? 'Change it' : 'Set one'}</h3>
        {sealed && secret('Passphrase now', current, setCurrent, 'current-password')}
        {secret('New passphrase', next, setNext, 'new-password')}
        {secret('The same again', again, setAgain, 'new-password')}
        <p class="quiet" role="status">
          {next !== '' && next.length < SHORTEST
            ? `At least ${SHORTEST} characters; four or five words are better.`
            : again !== '' && next !== again
              ? 'The two are not the same yet.'
              : 'If you forget it, only your 24 words or another device of yours bring you back.'}
        </p>
        <Failure text={task.failure} />
        <button type="submit" class="button" disabled={!fits || task.busy}>
          {task.busy ? 'Working…' : sealed ? 'Change passphrase' : 'Set passphrase'}
        </button>
        {sealed && (
          <button
            type="button"
            class="button danger"
            disabled={task.busy || current === ''}
            onClick={() => save(null, 'The passphrase was removed.')}
          >
            Remove passphrase
          </button>
        )}
      </form>
      <p class="good" role="status">
        {said}
      </p>
    </Dialog>
  )
}
