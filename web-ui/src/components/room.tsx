import { useEffect } from 'preact/hooks'
import type { RoomView } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { Announcer } from './announcer.tsx'
import { Composer } from './composer.tsx'
import { DropPlace } from './drop-place.tsx'
import { Failure } from './failure.tsx'
import { MessageMenu } from './message-menu.tsx'
import { MissingNotice } from './missing-notice.tsx'
import { PictureViewer } from './picture-viewer.tsx'
import { PinsBar } from './pins-bar.tsx'
import { RemovedNotice } from './removed-notice.tsx'
import { RoomGone } from './room-gone.tsx'
import { RoomHeader } from './room-header.tsx'
import { Timeline } from './timeline.tsx'
import { WaitingRoom } from './waiting-room.tsx'

/** A room, as far as this device is in it. */
export function Room({ id, view }: { id: string; view: RoomView | null }) {
  const store = useStore()
  const room = store.roomStore(id)
  // Who was removed still reads what came before.
  const joined = view?.state === 'joined' || view?.state === 'removed'
  useEffect(() => {
    if (!joined) return
    void room.open(view.unread)
    return () => room.close()
  }, [room, joined])
  if (!view) return <RoomGone />
  const writes = view.state === 'joined' && view.role !== 'reader'
  return (
    <section class="room" aria-label={`Room ${view.name}`}>
      <RoomHeader room={view} />
      {joined ? (
        <>
          <MissingNotice missing={view.missing} />
          <PinsBar room={room} />
          <Timeline room={room} writes={writes} />
          <Failure text={room.timeline.failure.value} />
          {view.state === 'removed' ? <RemovedNotice /> : <Composer room={room} view={view} />}
          <Announcer label="New messages" text={room.timeline.reader.spoken.value} />
          <Announcer label="Files" text={room.files.spoken.value} />
          <DropPlace uploads={room.uploads} writes={writes} />
          <PictureViewer files={room.files} />
          <MessageMenu room={room} role={writes ? view.role : 'reader'} />
        </>
      ) : (
        <WaitingRoom />
      )}
    </section>
  )
}
