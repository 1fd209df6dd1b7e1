import { useStore } from '../state/store-context.ts'
import { Icon } from './icon.tsx'

/** Told while the node on this computer does not answer, or not as it should. */
export function ConnectionBanner() {
  const store = useStore()
  const lost = store.session.link.value === 'lost'
  const failure = store.failure.value
  return (
    <div role="status">
      {(lost || failure !== null) && (
        <div class="banner">
          <Icon name="warn" />
          {lost ? (
            <p>
              <strong>Porchlight on this computer stopped answering.</strong> Still trying. What you
              typed is kept here. If it was stopped, start it again with{' '}
              <code>porchlight start</code>.
            </p>
          ) : (
            <p>
              <strong>What is shown here may be out of date.</strong> {failure}
            </p>
          )}
          <button type="button" class="button" onClick={() => store.retryNow()}>
            Try now
          </button>
        </div>
      )}
    </div>
  )
}
