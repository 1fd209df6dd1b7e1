import { useState } from 'preact/hooks'
import type { FileCard as Card, FileView } from '../api/views.ts'
import { withPreview, type FilesStore } from '../state/files-store.ts'
import { useTask } from '../state/use-task.ts'
import { isShowable, kindOf, kindWords, playerFor } from '../text/file-kind.ts'
import { shownName } from '../text/file-name.ts'
import { fileWords, isWaiting } from '../text/file-words.ts'
import { bytes } from '../text/words.ts'
import { Failure } from './failure.tsx'
import { FileActions } from './file-actions.tsx'
import { FileBar } from './file-bar.tsx'
import { FileName } from './file-name.tsx'
import { FilePicture } from './file-picture.tsx'
import { FilePlayer } from './file-player.tsx'
import { FolderContents } from './folder-contents.tsx'
import { Icon } from './icon.tsx'
import { SaveButton } from './save-button.tsx'

interface FileCardProps {
  readonly files: FilesStore
  readonly card: Card
  readonly own: boolean
}

/** A file in a message: what it is, how much of it is here, what can be done. */
export function FileCard({ files, card, own }: FileCardProps) {
  const task = useTask()
  const [open, setOpen] = useState(false)
  const view = withPreview(files.view(card.id).value ?? asView(card, own), card.preview)
  const { state } = view
  const whole = state === 'complete'
  const kind = kindOf(view)
  const player = playerFor(view)
  const still = state === 'paused' || state === 'failed' || isWaiting(view)
  return (
    <div class="file" role="group" aria-label={`${kindWords(view)} ${shownName(view.name)}`}>
      {isShowable(view) && <FilePicture files={files} file={view} whole={whole} />}
      {player === 'video' && <FilePlayer files={files} file={view} kind="video" whole={whole} />}
      <div class="file-row">
        <span class={`file-icon ${kind}`}>
          <Icon name={kind} />
        </span>
        <div class="grow">
          <FileName name={view.name} />
          <small>
            {kindWords(view)}, {bytes(view.size)}
          </small>
        </div>
        {whole && view.files === undefined && (
          <SaveButton files={files} id={view.id} name={view.name} task={task} />
        )}
      </div>
      {player === 'audio' && <FilePlayer files={files} file={view} kind="audio" whole={whole} />}
      {state !== 'remote' && !whole && (
        <FileBar
          label={`Progress of ${shownName(view.name)}`}
          have={view.have}
          size={view.size}
          still={still}
        />
      )}
      {(!whole || (own && view.sources > 0)) && (
        <p class={`file-state ${state === 'failed' ? 'bad' : ''}`}>{fileWords(view)}</p>
      )}
      {kind === 'program' && !own && (
        <p class="file-state">A program can do anything on your device: be sure who made it.</p>
      )}
      {(!whole || kind === 'folder') && (
        <div class="row">
          <FileActions files={files} file={view} task={task} />
          {kind === 'folder' && (
            <button
              type="button"
              class="button small"
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            >
              {open ? 'Hide what is in it' : 'Show what is in it'}
            </button>
          )}
        </div>
      )}
      {open && <FolderContents files={files} id={card.id} />}
      <Failure text={task.failure} />
    </div>
  )
}

/** What a message alone says of its file, until the node says more. */
function asView(
  card: Card,
  own: boolean,
): Card & Pick<FileView, 'have' | 'sources' | 'own'> & Partial<FileView> {
  return { ...card, own, have: card.state === 'complete' ? card.size : 0, sources: 0 }
}
