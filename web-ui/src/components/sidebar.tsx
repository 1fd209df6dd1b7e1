import { useStore } from '../state/store-context.ts'
import { nearWords } from '../text/words.ts'
import { Avatar } from './avatar.tsx'
import { Icon } from './icon.tsx'
import { Lantern } from './lantern.tsx'
import { PersonName } from './person-name.tsx'
import { RoomList } from './room-list.tsx'
import { SearchBox } from './search-box.tsx'
import { SearchResults } from './search-results.tsx'

/** The porch: who is near, which rooms there are, who you are. */
export function Sidebar() {
  const store = useStore()
  const status = store.status.value
  const peers = status?.peers ?? []
  return (
    <nav class="sidebar" aria-label="Rooms and people">
      <header class="brand">
        <Lantern lit={peers.length > 0} />
        <span>Porchlight</span>
      </header>
      <button type="button" class="near-button" onClick={() => (store.dialog.value = 'near')}>
        <Icon name="near" />
        <span class="grow">{nearWords(peers, store.transports.value)}</span>
      </button>
      <SearchBox />
      {store.search.words.value.trim() === '' ? <RoomList /> : <SearchResults />}
      <div class="sidebar-actions">
        <button type="button" class="button" onClick={() => (store.dialog.value = 'create')}>
          <Icon name="plus" /> New room
        </button>
        <button type="button" class="button" onClick={() => (store.dialog.value = 'join')}>
          <Icon name="link" /> Join room
        </button>
      </div>
      <footer class="sidebar-foot">
        <button
          type="button"
          class="you-button"
          aria-label={`You: ${status?.name ?? ''}`}
          onClick={() => (store.dialog.value = 'you')}
        >
          <Avatar
            id={status?.person ?? ''}
            name={status?.name ?? ''}
            picture={store.owner.identity.value?.avatar}
          />
          <PersonName name={status?.name ?? ''} />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Health check"
          title="Health check"
          onClick={() => (store.dialog.value = 'health')}
        >
          <Icon name="health" />
        </button>
      </footer>
    </nav>
  )
}
