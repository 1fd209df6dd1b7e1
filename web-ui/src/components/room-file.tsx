import { useState } from 'preact/hooks'
import type { RoomView } from '../api/views.ts'
import type { FilesStore } from '../state/files-store.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { dateWords } from '../text/dates.ts'
import { kindOf } from '../text/file-kind.ts'
import { shownName } from '../text/file-name.ts'
import { fileWords, isWaiting } from '../text/file-words.ts'
import { bytes } from '../text/words.ts'
import { Failure } from './failure.tsx'
import { FileActions } from './file-actions.tsx'
import { FileBar } from './file-bar.tsx'
import { FileName } from './file-name.tsx'
import { Icon } from './icon.tsx'
import { PersonName } from './person-name.tsx'
import { SaveButton } from './save-button.tsx'

interface RoomFileProps {
  readonly room: RoomView
  readonly files: FilesStore
  readonly id: string
}

/** A file in the list of a room's files. */
export function RoomFile({ room, files, id }: RoomFileProps) {
  const store = useStore()
  const task = useTask()
  const [asked, setAsked] = useState(false)
  const file = files.view(id).value
  if (!file) return null
  const { own, state } = file
  const kind = kindOf(file)
  const name = shownName(file.name)
  const isStill = state === 'paused' || state === 'failed' || isWaiting(file)
  const isHere = state === 'complete' || file.have > 0
  const remove = (everyone: boolean): void =>
    task.run(async () => {
      await files.remove(id, everyone)
      setAsked(false)
    })
  return (
    <li class="card file">
      <div class="file-row">
        <span class={`file-icon ${kind}`}>
          <Icon name={kind} />
        </span>
        <div class="grow">
          <FileName name={file.name} />
          <small>
            {bytes(file.size)}, {own ? 'you' : <PersonName name={file.authorName} />},{' '}
            {dateWords(file.sentAt)}
          </small>
        </div>
        {state === 'complete' && file.files === undefined && (
          <SaveButton files={files} id={id} name={file.name} task={task} />
        )}
      </div>
      {state !== 'remote' && state !== 'complete' && (
        <FileBar label={`Progress of ${name}`} have={file.have} size={file.size} still={isStill} />
      )}
      <p class={`file-state ${state === 'failed' ? 'bad' : ''}`}>{fileWords(file)}</p>
      <div class="row wraps">
        <FileActions files={files} file={file} task={task} />
        <button
          type="button"
          class="button small"
          aria-label={`Show ${name} in the conversation`}
          onClick={() => {
            store.dialog.value = null
            store.goTo(room.id, file.messageId)
          }}
        >
          <Icon name="show" /> Show
        </button>
        {(isHere || own) && (
          <button
            type="button"
            class="button small"
            aria-label={`Delete ${name}`}
            aria-expanded={asked}
            onClick={() => setAsked(!asked)}
          >
            <Icon name="bin" /> Delete…
          </button>
        )}
      </div>
      {asked && (
        <div class="ask-delete">
          {isHere && (
            <>
              <p>{hereWords(own)}</p>
              <button
                type="button"
                class="button small danger"
                disabled={task.busy}
                onClick={() => remove(false)}
              >
                Delete on this device
              </button>
            </>
          )}
          {own && (
            <>
              <p>
                For everyone, the message goes and the file with it, on every device that hears of
                it. What somebody saved elsewhere stays.
              </p>
              <button
                type="button"
                class="button small danger"
                disabled={task.busy}
                onClick={() => remove(true)}
              >
                Delete for everyone
              </button>
            </>
          )}
        </div>
      )}
      <Failure text={task.failure} />
    </li>
  )
}

function hereWords(own: boolean): string {
  return own
    ? 'On this device, it is offered no more: until somebody else has all of it, nobody can get it. A file of your own folders stays there.'
    : 'On this device, its space is freed. It can be fetched again while somebody has it.'
}
