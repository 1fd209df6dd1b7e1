import type { FileAct } from '../api/files-client.ts'
import type { FileCard, FileView } from '../api/views.ts'
import type { FilesStore } from '../state/files-store.ts'
import type { Task } from '../state/use-task.ts'
import { shownName } from '../text/file-name.ts'
import { bytes } from '../text/words.ts'
import { Icon, type IconName } from './icon.tsx'

interface FileActionsProps {
  readonly files: FilesStore
  readonly file: FileCard & Partial<FileView>
  readonly task: Task
}

/** What can be done with a file as it stands. */
export function FileActions({ files, file, task }: FileActionsProps) {
  const { id, state } = file
  const name = shownName(file.name)
  const button = (act: FileAct, icon: IconName, words: string, more = '') => (
    <button
      type="button"
      class="button small"
      aria-label={`${words} ${name}${more}`}
      disabled={task.busy}
      onClick={() => task.run(() => files.act(id, act))}
    >
      <Icon name={icon} /> {words}
      {more}
    </button>
  )
  return (
    <div class="file-actions">
      {state === 'remote' && button('fetch', 'get', 'Get', ` ${bytes(file.size)}`)}
      {state === 'downloading' && button('pause', 'pause', 'Pause')}
      {state === 'paused' && button('resume', 'play', 'Go on')}
      {state === 'failed' && button('fetch', 'get', 'Try again')}
      {state !== 'remote' && state !== 'complete' && button('cancel', 'close', 'Cancel')}
    </div>
  )
}
