import { useState } from 'preact/hooks'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { transportName } from '../text/words.ts'
import { Failure } from './failure.tsx'

/** Connects to an address that somebody reads out, for networks that hide devices from each other. */
export function DialForm() {
  const store = useStore()
  const task = useTask()
  const [address, setAddress] = useState('')
  const [done, setDone] = useState(false)
  // Only a transport that can be dialled has addresses of its own.
  const ways = store.transports.value.filter(
    ({ state, addresses }) => state === 'on' && addresses.length > 0,
  )
  const [chosen, setChosen] = useState<string | null>(null)
  const way = ways.find(({ id }) => id === chosen) ?? ways[0]
  if (!way) return null
  const submit = (event: Event): void => {
    event.preventDefault()
    setDone(false)
    task.run(async () => {
      await store.api.dial(way.id, address.trim())
      setAddress('')
      setDone(true)
    })
  }
  return (
    <form class="stack" onSubmit={submit}>
      <h3>Connect by hand</h3>
      <p class="quiet">
        If a device near you does not appear, type the address that its page shows.
      </p>
      {ways.length > 1 && (
        <label class="field">
          <span>Over</span>
          <select value={way.id} onChange={(event) => setChosen(event.currentTarget.value)}>
            {ways.map(({ id }) => (
              <option key={id} value={id}>
                {transportName(id)}
              </option>
            ))}
          </select>
        </label>
      )}
      <div class="row">
        <label class="field grow">
          <span>Address of the other device</span>
          <input
            type="text"
            value={address}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            placeholder="192.168.1.20:4748"
            onInput={(event) => setAddress(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button" disabled={task.busy || address.trim() === ''}>
          {task.busy ? 'Connecting…' : 'Connect'}
        </button>
      </div>
      <Failure text={task.failure} />
      <p role="status">{done && 'Reached it.'}</p>
    </form>
  )
}
