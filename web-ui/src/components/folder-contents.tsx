import { useEffect, useRef, useState } from 'preact/hooks'
import { sentence } from '../api/api-failure.ts'
import type { FolderEntry } from '../api/views.ts'
import type { FilesStore } from '../state/files-store.ts'
import { useTask } from '../state/use-task.ts'
import { bytes, count } from '../text/words.ts'
import { Failure } from './failure.tsx'
import { FileName } from './file-name.tsx'
import { SaveButton } from './save-button.tsx'

/** Rows shown at first: a folder may hold a hundred thousand. */
const FIRST = 50
const MORE = 500

/** The files of a folder, each to be saved by itself: it alone is fetched then. */
export function FolderContents({ files, id }: { files: FilesStore; id: string }) {
  const task = useTask()
  const [entries, setEntries] = useState<readonly FolderEntry[] | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const [shown, setShown] = useState(FIRST)
  const leaving = useRef(new AbortController())
  useEffect(() => {
    const { signal } = leaving.current
    files.contents(id, signal).then(setEntries, (error: unknown) => {
      if (!signal.aborted) setFailure(sentence(error))
    })
    return () => leaving.current.abort()
  }, [])
  if (entries === null) {
    return (
      <>
        <p class="quiet" role="status">
          {failure === null && 'Asking for the list…'}
        </p>
        <Failure text={failure} />
      </>
    )
  }
  return (
    <>
      <ul class="folder-files">
        {entries.slice(0, shown).map(({ path, size }) => (
          <li key={path}>
            <span class="grow">
              <FileName name={path} />
              <small>{bytes(size)}</small>
            </span>
            <SaveButton
              files={files}
              id={id}
              path={path}
              name={path.split('/').at(-1) ?? path}
              task={task}
            />
          </li>
        ))}
      </ul>
      {entries.length > shown && (
        <button type="button" class="text-button" onClick={() => setShown(shown + MORE)}>
          Show more of {count(entries.length, 'file')}
        </button>
      )}
      <Failure text={task.failure} />
    </>
  )
}
