import { useCallback } from 'preact/hooks'
import type { UploadStore } from '../state/upload-store.ts'
import { useFileDrop } from '../state/use-file-drop.ts'
import { Icon } from './icon.tsx'

interface DropPlaceProps {
  readonly uploads: UploadStore
  readonly writes: boolean
}

/** Files dropped on the page while a room is open are meant for it. */
export function DropPlace({ uploads, writes }: DropPlaceProps) {
  const over = useFileDrop(
    writes,
    useCallback(
      ({ files, folders }) => {
        uploads.folderNotice.value = folders
        uploads.choose(files.map((file) => ({ file })))
      },
      [uploads],
    ),
  )
  return over ? (
    <div class="drop-place" aria-hidden="true">
      <p>
        <Icon name="attach" /> Drop the files here. You can look at them once more before they go.
      </p>
    </div>
  ) : null
}
