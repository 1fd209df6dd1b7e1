import { useEffect } from 'preact/hooks'
import type { RoomView } from '../../../node-app/api/schemas.ts'
import { useStore } from '../state/store-context.ts'
import { Announcer } from './announcer.tsx'
import { Composer } from './composer.tsx'
import { Failure } from './failure.tsx'
import { MissingNotice } from './missing-notice.tsx'
import { RoomGone } from './room-gone.tsx'
import { RoomHeader } from './room-header.tsx'
import { Timeline } from './timeline.tsx'
import { WaitingRoom } from './waiting-room.tsx'

/** A room, as far as this device is in it. */
export function Room({ id, view }: { id: string; view: RoomView | null }) {
  const store = useStore()
  const room = store.roomStore(id)
  const joined = view?.state === 'joined'
  useEffect(() => {
    if (!joined) return
    void room.open(view.unread)
    return () => room.close()
  }, [room, joined])
  if (!view) return <RoomGone />
  return (
    <section class="room" aria-label={`Room ${view.name}`}>
      <RoomHeader room={view} />
      {joined ? (
        <>
          <MissingNotice missing={view.missing} />
          <Timeline room={room} />
          <Failure text={room.failure.value} />
          <Composer room={room} role={view.role} />
          <Announcer text={room.spoken.value} />
        </>
      ) : (
        <WaitingRoom />
      )}
    </section>
  )
}
