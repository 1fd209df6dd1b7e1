import { useId } from 'preact/hooks'
import type { TransportView } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { count, transportName, transportState } from '../text/words.ts'
import { Failure } from './failure.tsx'

export function TransportCard({ transport }: { transport: TransportView }) {
  const store = useStore()
  const task = useTask()
  const nameId = useId()
  const wanted = transport.state !== 'off'
  return (
    <li class="card">
      <div class="row">
        <span class="grow">
          <strong id={nameId}>{transportName(transport.id)}</strong>
          <small class={`state ${transport.state}`}>
            {transportState(transport.state)}
            {transport.state === 'on' && `, ${count(transport.peers, 'device')}`}
          </small>
        </span>
        <button
          type="button"
          role="switch"
          class="switch"
          aria-checked={wanted}
          aria-labelledby={nameId}
          disabled={task.busy}
          onClick={() => task.run(() => store.switchTransport(transport.id, !wanted))}
        >
          <span class="knob" />
        </button>
      </div>
      {transport.reason !== undefined && <p class="quiet">{transport.reason}</p>}
      {transport.addresses.length > 0 && (
        <p class="quiet">
          This device’s {transport.addresses.length === 1 ? 'address' : 'addresses'}:{' '}
          {transport.addresses.map((address) => (
            <code key={address}>{address}</code>
          ))}
        </p>
      )}
      <Failure text={task.failure} />
    </li>
  )
}
