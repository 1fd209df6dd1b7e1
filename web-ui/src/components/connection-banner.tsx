import { useStore } from '../state/store-context.ts'
import { Icon } from './icon.tsx'

/** Told while the node on this computer does not answer. */
export function ConnectionBanner() {
  const store = useStore()
  const lost = store.link.value === 'lost'
  return (
    <div class="banner-place" role="status">
      {lost && (
        <div class="banner">
          <Icon name="warn" />
          <p>
            <strong>Porchlight on this computer stopped answering.</strong> Still trying. What you
            typed is kept here. If it was stopped, start it again with <code>porchlight start</code>
            .
          </p>
          <button type="button" class="button" onClick={() => store.retryNow()}>
            Try now
          </button>
        </div>
      )}
    </div>
  )
}
