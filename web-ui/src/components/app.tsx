import { useStore } from '../state/store-context.ts'
import { ConnectionBanner } from './connection-banner.tsx'
import { Dialogs } from './dialogs.tsx'
import { Home } from './home.tsx'
import { LockScreen } from './lock-screen.tsx'
import { Naming } from './naming.tsx'
import { Room } from './room.tsx'
import { Sidebar } from './sidebar.tsx'
import { SignIn } from './sign-in.tsx'
import { Starting } from './starting.tsx'
import { Warnings } from './warnings.tsx'
import { Wiped } from './wiped.tsx'

export function App() {
  const store = useStore()
  const phase = store.session.phase.value
  if (phase === 'wiped') return <Wiped />
  if (phase === 'signed-out') return <SignIn />
  const status = store.status.value
  if (status?.locked) return <LockScreen />
  const rooms = store.rooms.value
  if (phase === 'starting' || !status || !rooms) return <Starting />
  if (!status.named) return <Naming />
  const roomId = store.roomId.value
  return (
    <div
      class={`app ${roomId === null ? 'at-home' : 'in-room'} ${rooms.length === 0 ? 'no-rooms' : ''}`}
    >
      <div class="banner-place">
        <ConnectionBanner />
        <Warnings />
      </div>
      <Sidebar />
      <main class="main">
        {roomId === null ? <Home /> : <Room key={roomId} id={roomId} view={store.room.value} />}
      </main>
      <Dialogs />
    </div>
  )
}
