import { useEffect, useRef, useState } from 'preact/hooks'
import type { FileCard } from '../api/views.ts'
import { pictureUrl } from '../state/picture-urls.ts'
import type { FilesStore } from '../state/files-store.ts'
import { shownName } from '../text/file-name.ts'
import { Failure } from './failure.tsx'
import { Icon } from './icon.tsx'

interface FilePlayerProps {
  readonly files: FilesStore
  readonly file: FileCard
  readonly kind: 'video' | 'audio'
  readonly whole: boolean
}

const UNPLAYABLE =
  'This browser cannot play it. When all of it is here, save it and open it with a player.'

/** Plays a film or a sound while it arrives; only what is pressed asks the node for anything. */
export function FilePlayer({ files, file, kind, whole }: FilePlayerProps) {
  const [address, setAddress] = useState<string | null>(null)
  const [failed, setFailed] = useState(false)
  const player = useRef<HTMLVideoElement & HTMLAudioElement>(null)
  const plays = files.playing.value === file.id
  useEffect(() => {
    if (!plays) return
    let here = true
    setFailed(false)
    files.address(file.id).then(
      (found) => here && setAddress(found),
      () => here && setFailed(true),
    )
    return () => {
      here = false
      setAddress(null)
    }
  }, [plays])
  useEffect(() => {
    // `autoplay` waits until so much is here that the film would not stop any more.
    // A refusal to play leaves the player, which can be pressed.
    player.current?.play().catch(() => undefined)
  }, [address])
  const name = shownName(file.name)
  const poster = file.preview === undefined ? null : pictureUrl(file.preview.data)
  if (plays && address !== null && !failed) {
    const attributes = {
      src: address,
      controls: true,
      preload: 'metadata',
      'aria-label': name,
      onError: () => setFailed(true),
    } as const
    return kind === 'audio' ? (
      <audio ref={player} class="file-player" {...attributes} />
    ) : (
      <video
        ref={player}
        class="file-player"
        playsInline
        poster={poster ?? undefined}
        {...attributes}
      />
    )
  }
  return (
    <>
      <button
        type="button"
        class={`play-button ${kind}`}
        aria-label={`Play ${name}`}
        onClick={() => {
          setFailed(false)
          files.playing.value = plays ? null : file.id
        }}
      >
        {poster !== null && <img src={poster} alt="" />}
        <span class="play-mark">
          <Icon name="play" />
          <span>{whole ? 'Play' : 'Play now'}</span>
        </span>
      </button>
      <Failure text={failed ? UNPLAYABLE : null} />
    </>
  )
}
