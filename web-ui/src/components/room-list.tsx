import { roomOrder } from '../state/room-order.ts'
import { useStore } from '../state/store-context.ts'
import { roomWords } from '../text/words.ts'
import { PersonName } from './person-name.tsx'

export function RoomList() {
  const store = useStore()
  const rooms = roomOrder(store.rooms.value ?? [])
  return (
    <div class="rooms">
      <h2 class="section-title">Rooms</h2>
      {rooms.length === 0 && <p class="quiet">None yet.</p>}
      <ul>
        {rooms.map((room) => (
          <li key={room.id}>
            <a
              class="room-link"
              href={`#/room/${encodeURIComponent(room.id)}`}
              aria-current={room.id === store.roomId.value ? 'page' : undefined}
            >
              <span class="grow">
                <PersonName name={room.name} />
                <small>{roomWords(room)}</small>
              </span>
              {room.mentions > 0 && (
                <span class="badge mention-badge">
                  @{room.mentions > 99 ? '99+' : room.mentions}
                  <span class="hidden"> for you,</span>
                </span>
              )}
              {room.unread > 0 && (
                <span class="badge">
                  {room.unread > 999 ? '999+' : room.unread}
                  <span class="hidden"> unread</span>
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}
