import { useStore } from '../state/store-context.ts'
import { Icon } from './icon.tsx'

/** Takes the place of the box where one writes, in a room that this person was removed from. */
export function RemovedNotice() {
  const store = useStore()
  return (
    <div class="composer removed" role="status">
      <p>
        <strong>You were removed from this room.</strong> What this device has is still here;
        nothing new comes. To come back, ask a member for a new invite.
      </p>
      <button type="button" class="button" onClick={() => (store.dialog.value = 'leave')}>
        <Icon name="leave" /> Take it off the list
      </button>
    </div>
  )
}
