import { pictureUrl } from '../state/picture-urls.ts'

interface AvatarProps {
  readonly id: string
  readonly name: string
  /** `data:` address of the picture they chose. */
  readonly picture?: string | undefined
}

/** Their picture, or a disc in a colour that follows from the person's key, so that equal names look apart. */
export function Avatar({ id, name, picture }: AvatarProps) {
  const url = picture === undefined ? null : pictureUrl(picture)
  if (url !== null) return <img class="avatar" src={url} alt="" width={36} height={36} />
  const initial = Array.from(name.trim())[0]?.toUpperCase() ?? '?'
  const hue = Number.parseInt(id.slice(0, 6), 16) % 8
  return (
    <span class={`avatar hue-${Number.isNaN(hue) ? 0 : hue}`} aria-hidden="true">
      <bdi>{initial}</bdi>
    </span>
  )
}
