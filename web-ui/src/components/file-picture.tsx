import { useEffect, useRef, useState } from 'preact/hooks'
import type { FileCard } from '../api/views.ts'
import type { FilesStore } from '../state/files-store.ts'
import { pictureUrl } from '../state/picture-urls.ts'
import { useNear } from '../state/use-near.ts'
import { shownName } from '../text/file-name.ts'
import { pictureBox } from '../text/picture-box.ts'

interface FilePictureProps {
  readonly files: FilesStore
  readonly file: FileCard
  /** All of it is here: it is shown itself, and not only its small preview. */
  readonly whole: boolean
}

/** A picture in a message, in a place that keeps its size while it loads. */
export function FilePicture({ files, file, whole }: FilePictureProps) {
  const place = useRef<HTMLDivElement>(null)
  const near = useNear(place)
  const [address, setAddress] = useState<string | null>(null)
  const [broken, setBroken] = useState(false)
  useEffect(() => {
    if (!near || !whole) return
    let here = true
    void files.picture(file.id).then((found) => {
      if (here && found === null) setBroken(true)
      if (here) setAddress(found)
    })
    return () => {
      here = false
    }
  }, [near, whole, file.id])
  const small = file.preview === undefined ? null : pictureUrl(file.preview.data)
  const { width, height } = pictureBox(file.preview)
  const name = shownName(file.name)
  const shows = whole && address !== null && !broken
  if (small === null && (!whole || broken)) return null
  const image = (
    <>
      {small !== null && (
        <img
          class={`preview ${shows ? 'behind' : ''}`}
          src={small}
          alt={shows ? '' : `Small preview of ${name}`}
          width={width}
          height={height}
        />
      )}
      {shows && (
        <img
          class="full"
          src={address}
          alt={name}
          width={width}
          height={height}
          decoding="async"
          onError={() => setBroken(true)}
        />
      )}
    </>
  )
  return (
    <div class="file-picture" ref={place} style={{ aspectRatio: `${width} / ${height}` }}>
      {shows ? (
        <button
          type="button"
          aria-label={`Show ${name} large`}
          onClick={() => (files.viewing.value = file.id)}
        >
          {image}
        </button>
      ) : (
        image
      )}
    </div>
  )
}
