import { useStore } from '../state/store-context.ts'
import { Failure } from './failure.tsx'
import { Lantern } from './lantern.tsx'

const GONE =
  'Porchlight is not answering on this computer. If it was stopped, start it again; this page notices by itself.'

/** Before the first answers of the node, or instead of them. */
export function Starting() {
  const store = useStore()
  const lost = store.session.link.value === 'lost'
  const failure = store.failure.value
  return (
    <main class="threshold">
      <Lantern lit={!lost} />
      <h1>Porchlight</h1>
      <p role="status">{lost ? GONE : failure === null && 'Turning the light on…'}</p>
      <Failure text={lost ? null : failure} />
      {(lost || failure !== null) && (
        <button type="button" class="button" onClick={() => store.retryNow()}>
          Try again now
        </button>
      )}
    </main>
  )
}
