import { useEffect, useState } from 'preact/hooks'
import type { RoomView } from '../api/views.ts'
import type { Chosen, UploadStore } from '../state/upload-store.ts'
import { kindOf, isShowable } from '../text/file-kind.ts'
import { shownName } from '../text/file-name.ts'
import { chosenWords } from '../text/file-words.ts'
import { bytes } from '../text/words.ts'
import { FileName } from './file-name.tsx'
import { Icon } from './icon.tsx'

interface ChosenFilesProps {
  readonly uploads: UploadStore
  readonly view: RoomView
}

/** Above the box: what will be sent with the next press, and how to take it back. */
export function ChosenFiles({ uploads, view }: ChosenFilesProps) {
  const chosen = uploads.chosen.value
  return (
    <>
      {uploads.folderNotice.value && (
        <div class="folder-notice" role="status">
          <p class="grow">
            A page cannot send folders. On this computer’s command line you can:{' '}
            <code>porchlight file send {view.id.slice(0, 8)} FOLDER</code>
          </p>
          <button
            type="button"
            class="icon-button"
            aria-label="Close this note"
            onClick={() => (uploads.folderNotice.value = false)}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      {chosen.length > 0 && (
        <section class="chosen" aria-label="Files to send">
          <p class="quiet" role="status">
            {chosenWords(chosen.map(({ file }) => file.size))}
          </p>
          <ul>
            {chosen.map((one) => (
              <li key={one.key}>
                <Thumbnail chosen={one} />
                <span class="grow">
                  <FileName name={one.name} longest={40} />
                  <small>{bytes(one.file.size)}</small>
                </span>
                <button
                  type="button"
                  class="icon-button"
                  aria-label={`Do not send ${shownName(one.name)}`}
                  onClick={() => uploads.unchoose(one.key)}
                >
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

/** Larger pictures are not unpacked for a thumbnail. */
const MAX_BYTES = 30e6

function Thumbnail({ chosen: { name, file } }: { chosen: Chosen }) {
  const claimed = { name, type: file.type }
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    if (!isShowable(claimed) || file.size > MAX_BYTES) return
    const made = URL.createObjectURL(file)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [file])
  return (
    <span class={`file-icon ${kindOf(claimed)}`}>
      {url === null ? (
        <Icon name={kindOf(claimed)} />
      ) : (
        <img src={url} alt="" onError={() => setUrl(null)} />
      )}
    </span>
  )
}
