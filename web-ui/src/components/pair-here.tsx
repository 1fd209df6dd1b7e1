import { useState } from 'preact/hooks'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { pairingCodeIn } from '../text/invite-text.ts'
import { Failure } from './failure.tsx'

/** On a new, empty device: becomes one of a person who has Porchlight elsewhere. */
export function PairHere({ onBack }: { onBack: () => void }) {
  const store = useStore()
  const task = useTask()
  const [pasted, setPasted] = useState('')
  const [name, setName] = useState('')
  const code = pairingCodeIn(pasted)
  const { digits } = store.owner.pairing.value
  const submit = (event: Event): void => {
    event.preventDefault()
    if (code === null) return
    task.run(async () => {
      await store.api.devices.pair(code, name.trim())
      store.retryNow()
    })
  }
  if (task.busy) {
    return (
      <div class="stack" role="status">
        {digits === undefined ? (
          <p>Looking for your other device. Keep both near each other, and both open.</p>
        ) : (
          <>
            <p>Your other device must show the same digits. Say yes there.</p>
            <p class="digits">{digits}</p>
          </>
        )}
      </div>
    )
  }
  return (
    <form class="stack" onSubmit={submit}>
      <p>
        On your other device, open <strong>You</strong>, <strong>Your devices</strong>,{' '}
        <strong>Add a device</strong>. It shows a code.
      </p>
      <label class="field">
        <span>The code it shows</span>
        <textarea
          rows={3}
          class="mono"
          value={pasted}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="porchlight-pair:…"
          onInput={(event) => setPasted(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>What to call this device</span>
        <input
          type="text"
          dir="auto"
          value={name}
          maxLength={64}
          autocomplete="off"
          placeholder="Kitchen laptop"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <Failure text={task.failure} />
      <button type="submit" class="button primary" disabled={code === null}>
        Make this device mine
      </button>
      <button type="button" class="button" onClick={onBack}>
        Back
      </button>
    </form>
  )
}
