import { useState } from 'preact/hooks'
import type { RoomView } from '../api/views.ts'
import type { FilesStore } from '../state/files-store.ts'
import { useStore } from '../state/store-context.ts'
import { matchesName } from '../text/file-name.ts'
import { bytes, count } from '../text/words.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { Icon } from './icon.tsx'
import { RoomFile } from './room-file.tsx'

const FIRST = 50
const MORE = 200

/** All files of a room, the newest first. */
export function RoomFiles({ room, onClose }: { room: RoomView; onClose: () => void }) {
  const store = useStore()
  const { files } = store.roomStore(room.id)
  const [words, setWords] = useState('')
  const [shown, setShown] = useState(FIRST)
  const all = files.ids.value
  const found = matching(files, words)
  const total = found.reduce((sum, id) => sum + (files.view(id).value?.size ?? 0), 0)
  return (
    <Dialog title="Files of this room" onClose={onClose}>
      <label class="field">
        <span class="hidden">Search by name</span>
        <input
          type="search"
          value={words}
          placeholder="Search by name"
          autocomplete="off"
          data-autofocus
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      </label>
      <p class="quiet" role="status">
        {all === null && files.failure.value === null && 'Looking…'}
        {all?.length === 0 && 'No files yet. Add one with the clip beside the message box.'}
        {all !== null &&
          all.length > 0 &&
          (found.length === 0
            ? 'None has that name.'
            : `${count(found.length, 'file')}, ${bytes(total)}`)}
      </p>
      <Failure text={files.failure.value} />
      <ul class="cards">
        {found.slice(0, shown).map((id) => (
          <RoomFile key={id} room={room} files={files} id={id} />
        ))}
      </ul>
      {found.length > shown && (
        <button type="button" class="button" onClick={() => setShown(shown + MORE)}>
          Show more
        </button>
      )}
      <button type="button" class="button" onClick={() => (store.dialog.value = 'file-settings')}>
        <Icon name="settings" /> What is fetched and kept
      </button>
    </Dialog>
  )
}

function matching(files: FilesStore, words: string): readonly string[] {
  const ids = [...(files.ids.value ?? [])].reverse()
  return ids.filter((id) => matchesName(files.view(id).value?.name ?? '', words))
}
