import { useEffect, useState } from 'preact/hooks'
import type { FilesStore } from '../state/files-store.ts'
import { useTask } from '../state/use-task.ts'
import { isShowable } from '../text/file-kind.ts'
import { shownName } from '../text/file-name.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { Icon } from './icon.tsx'
import { SaveButton } from './save-button.tsx'

/** A picture as large as the window allows, and the ones before and after it. */
export function PictureViewer({ files }: { files: FilesStore }) {
  const id = files.viewing.value
  return id === null ? null : <OpenPicture key="viewer" files={files} id={id} />
}

function OpenPicture({ files, id }: { files: FilesStore; id: string }) {
  const task = useTask()
  const [address, setAddress] = useState<string | null>(null)
  const file = files.view(id).value
  const all = (files.ids.value ?? []).filter((known) => {
    const view = files.view(known).value
    return view?.state === 'complete' && isShowable(view)
  })
  const at = all.indexOf(id)
  const go = (step: number): void => {
    const next = all[at + step]
    if (next !== undefined) files.viewing.value = next
  }
  useEffect(() => {
    let here = true
    setAddress(null)
    void files.picture(id).then((found) => here && setAddress(found))
    return () => {
      here = false
    }
  }, [id])
  useEffect(() => {
    const turn = ({ key }: KeyboardEvent): void => {
      if (key === 'ArrowLeft') go(-1)
      if (key === 'ArrowRight') go(1)
    }
    addEventListener('keydown', turn)
    return () => removeEventListener('keydown', turn)
  })
  const name = shownName(file?.name ?? '')
  return (
    <Dialog title={name} wide onClose={() => (files.viewing.value = null)}>
      <div class="viewer">
        {address !== null && <img class="viewed" src={address} alt={name} />}
        <div class="row viewer-tools">
          <button
            type="button"
            class="icon-button"
            aria-label="Picture before"
            disabled={at <= 0}
            onClick={() => go(-1)}
          >
            <Icon name="back" />
          </button>
          <SaveButton worded files={files} id={id} name={name} task={task} />
          <button
            type="button"
            class="icon-button"
            aria-label="Next picture"
            disabled={at < 0 || at >= all.length - 1}
            onClick={() => go(1)}
          >
            <Icon name="next" />
          </button>
        </div>
        <Failure text={task.failure} />
      </div>
    </Dialog>
  )
}
