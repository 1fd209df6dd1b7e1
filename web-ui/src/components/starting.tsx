import { useStore } from '../state/store-context.ts'
import { Lantern } from './lantern.tsx'

export function Starting() {
  const store = useStore()
  const lost = store.link.value === 'lost'
  return (
    <main class="threshold">
      <Lantern lit={!lost} />
      <h1>Porchlight</h1>
      <p role="status">
        {lost
          ? 'Porchlight is not answering on this computer. If it was stopped, start it again; this page notices by itself.'
          : 'Turning the light on…'}
      </p>
      {lost && (
        <button type="button" class="button" onClick={() => store.retryNow()}>
          Try again now
        </button>
      )}
    </main>
  )
}
