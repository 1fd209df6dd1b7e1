import { useStore } from '../state/store-context.ts'
import { Icon } from './icon.tsx'
import { Lantern } from './lantern.tsx'

/** Joined by invite, and nobody was in reach to open the door. */
export function WaitingRoom() {
  const store = useStore()
  return (
    <div class="waiting" role="status">
      <Lantern lit={false} />
      <h2>Waiting for a member’s device to come near</h2>
      <p>
        Any member’s device can let you in, not only the one who invited you, and nobody has to
        press a button. You can close this page: it goes on by itself.
      </p>
      <button type="button" class="button" onClick={() => (store.dialog.value = 'near')}>
        <Icon name="near" /> See who is near
      </button>
    </div>
  )
}
