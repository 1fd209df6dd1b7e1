import { useEffect, useRef, useState } from 'preact/hooks'
import { sentence } from '../api/api-failure.ts'
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

const BROKEN_OFF = 'It broke off. Press Play to go on when the node is there again.'
const UNPLAYABLE =
  'This browser cannot play it. When all of it is here, save it and open it with a player.'

/** Plays a film or a sound while it arrives; only what is pressed asks the node for anything. */
export function FilePlayer({ files, file, kind, whole }: FilePlayerProps) {
  const [address, setAddress] = useState<string | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const [tries, setTries] = useState(0)
  const player = useRef<HTMLVideoElement & HTMLAudioElement>(null)
  const plays = files.playing.value === file.id
  useEffect(() => {
    if (!plays) return
    let here = true
    setFailure(null)
    files.address(file.id).then(
      (found) => here && setAddress(found),
      (error: unknown) => here && setFailure(sentence(error)),
    )
    return () => {
      here = false
      setAddress(null)
    }
  }, [plays, tries])
  useEffect(() => {
    // `autoplay` waits until so much is here that the film would not stop any more.
    // A refusal to play leaves the player, which can be pressed.
    player.current?.play().catch(() => undefined)
  }, [address])
  const name = shownName(file.name)
  const poster = file.preview === undefined ? null : pictureUrl(file.preview.data)
  if (plays && address !== null && failure === null) {
    const attributes = {
      src: address,
      controls: true,
      preload: 'metadata',
      'aria-label': name,
      onError: () => setFailure(wordsFor(player.current?.error)),
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
          files.playing.value = file.id
          setTries(tries + 1)
        }}
      >
        {poster !== null && <img src={poster} alt="" />}
        <span class="play-mark">
          <Icon name="play" />
          <span>{whole ? 'Play' : 'Play now'}</span>
        </span>
      </button>
      <Failure text={failure} />
    </>
  )
}

function wordsFor(error: MediaError | null | undefined): string {
  return error?.code === MediaError.MEDIA_ERR_NETWORK ? BROKEN_OFF : UNPLAYABLE
}
