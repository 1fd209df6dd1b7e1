import { useStore } from '../state/store-context.ts'
import { CreateRoom } from './create-room.tsx'
import { Devices } from './devices.tsx'
import { Erase } from './erase.tsx'
import { FileSettings } from './file-settings.tsx'
import { Health } from './health.tsx'
import { Invite } from './invite.tsx'
import { JoinRoom } from './join-room.tsx'
import { LeaveRoom } from './leave-room.tsx'
import { Members } from './members.tsx'
import { Near } from './near.tsx'
import { Passphrase } from './passphrase.tsx'
import { Person } from './person.tsx'
import { Phrase } from './phrase.tsx'
import { RoomFiles } from './room-files.tsx'
import { RoomSettings } from './room-settings.tsx'
import { SendPlace } from './send-place.tsx'
import { Sharing } from './sharing.tsx'
import { You } from './you.tsx'

/** The one dialog that is open, if any. */
export function Dialogs() {
  const store = useStore()
  const close = (): void => {
    store.dialog.value = null
  }
  const room = store.room.value
  switch (store.dialog.value) {
    case 'create':
      return <CreateRoom onClose={close} />
    case 'join':
      return <JoinRoom onClose={close} />
    case 'near':
      return <Near onClose={close} />
    case 'you':
      return <You onClose={close} />
    case 'devices':
      return <Devices onClose={close} />
    case 'phrase':
      return <Phrase onClose={close} />
    case 'passphrase':
      return <Passphrase onClose={close} />
    case 'erase':
      return <Erase onClose={close} />
    case 'health':
      return <Health onClose={close} />
    case 'invite':
      return room && <Invite room={room} onClose={close} />
    case 'members':
      return room && <Members room={room} onClose={close} />
    case 'person':
      return room && <Person key={store.personId.value} room={room} onClose={close} />
    case 'settings':
      return room && <RoomSettings room={room} onClose={close} />
    case 'sharing':
      return <Sharing onClose={close} />
    case 'place':
      return room && <SendPlace room={room} onClose={close} />
    case 'files':
      return room && <RoomFiles room={room} onClose={close} />
    case 'file-settings':
      return <FileSettings room={room} onClose={close} />
    case 'leave':
      return room && <LeaveRoom room={room} onClose={close} />
    case null:
      return null
  }
}
