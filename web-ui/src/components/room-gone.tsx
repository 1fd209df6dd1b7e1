import { useStore } from '../state/store-context.ts'

export function RoomGone() {
  const store = useStore()
  return (
    <section class="home">
      <h1>This room is not on this device</h1>
      <p>You may have left it, or the link is from another device.</p>
      <button type="button" class="button" onClick={() => store.go(null)}>
        To your rooms
      </button>
    </section>
  )
}
