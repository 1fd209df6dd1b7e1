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
import { Confirm } from './confirm.tsx'
import { Failure } from './failure.tsx'
import { FileActions } from './file-actions.tsx'
import { FileBar } from './file-bar.tsx'
import { FileName } from './file-name.tsx'
import { Icon } from './icon.tsx'
import { PersonName } from './person-name.tsx'

interface RoomFileProps {
  readonly room: RoomView
  readonly files: FilesStore
  readonly id: string
}

/** A file in the list of a room's files. */
export function RoomFile({ room, files, id }: RoomFileProps) {
  const store = useStore()
  const task = useTask()
  const [asked, setAsked] = useState<'here' | 'everyone' | null>(null)
  const file = files.view(id).value
  if (!file) return null
  const { own, state } = file
  const kind = kindOf(file)
  const name = shownName(file.name)
  const isStill = state === 'paused' || state === 'failed' || isWaiting(file)
  const isHere = state !== 'remote' && (file.have > 0 || own)
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
          Show
        </button>
        {isHere && (
          <button
            type="button"
            class="button small"
            aria-label={`Delete ${name} here`}
            onClick={() => setAsked('here')}
          >
            Delete here…
          </button>
        )}
        {own && (
          <button
            type="button"
            class="button small danger"
            aria-label={`Delete ${name} for everyone`}
            onClick={() => setAsked('everyone')}
          >
            Delete for everyone…
          </button>
        )}
      </div>
      {asked !== null && (
        <Confirm
          key={asked}
          title={asked === 'here' ? 'Delete it on this device' : 'Delete it for everyone'}
          action="Yes, delete it"
          busy={task.busy}
          onYes={() =>
            task.run(async () => {
              await files.remove(id, asked === 'everyone')
              setAsked(null)
            })
          }
          onNo={() => setAsked(null)}
        >
          {wordsFor(asked, own)}
        </Confirm>
      )}
      <Failure text={task.failure} />
    </li>
  )
}

function wordsFor(asked: 'here' | 'everyone', own: boolean): string {
  if (asked === 'everyone')
    return 'The message goes, and the file with it, from every device that hears of it. What somebody saved elsewhere stays.'
  return own
    ? 'This device offers it no more. If nobody else has all of it yet, nobody can get it. A file that you sent from a folder of yours stays there.'
    : 'Its space is freed. It can be fetched again while somebody has it.'
}
