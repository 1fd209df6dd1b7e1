import { useStore } from '../state/store-context.ts'
import { Icon } from './icon.tsx'
import { Lantern } from './lantern.tsx'

/** Shown while no room is open: the two ways into one. */
export function Home() {
  const store = useStore()
  const none = store.rooms.value?.length === 0
  return (
    <section class="home">
      <Lantern />
      <h1 tabIndex={-1}>{none ? 'The light is on' : 'Choose a room'}</h1>
      <p>
        {none
          ? 'Talk with the people around you, with or without the internet. Messages go from device to device, sealed, and nowhere else.'
          : 'Pick one from the list, or open another door.'}
      </p>
      <div class="doors">
        <button type="button" class="door" onClick={() => (store.dialog.value = 'create')}>
          <Icon name="plus" />
          <strong>Make a room</strong>
          <span>Then invite people with a link or a code on your screen.</span>
        </button>
        <button type="button" class="door" onClick={() => (store.dialog.value = 'join')}>
          <Icon name="link" />
          <strong>Join with an invite</strong>
          <span>Paste what somebody sent you.</span>
        </button>
      </div>
    </section>
  )
}
