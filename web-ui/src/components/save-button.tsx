import { useStore } from '../state/store-context.ts'
import type { FilesStore } from '../state/files-store.ts'
import { shownName } from '../text/file-name.ts'
import type { Task } from '../state/use-task.ts'
import { Icon } from './icon.tsx'

interface SaveButtonProps {
  readonly files: FilesStore
  readonly id: string
  readonly name: string
  /** Of a file inside a folder. */
  readonly path?: string
  readonly task: Task
  /** With the word beside the picture. */
  readonly worded?: boolean
}

/** Saves a file with the browser: nothing of it is ever opened as a page. */
export function SaveButton({ files, id, name, path, task, worded = false }: SaveButtonProps) {
  const store = useStore()
  const save = (): void =>
    task.run(async () => {
      const link = document.createElement('a')
      link.href = await files.address(id, { path, download: true })
      link.download = shownName(name)
      link.rel = 'noopener'
      link.click()
    })
  const words = `Save ${shownName(name)}`
  return (
    <button
      type="button"
      class={worded ? 'button small' : 'icon-button'}
      aria-label={words}
      title="Save"
      disabled={task.busy || store.session.link.value === 'lost'}
      onClick={save}
    >
      <Icon name="get" />
      {worded && ' Save'}
    </button>
  )
}
