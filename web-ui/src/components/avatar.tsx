/** A disc in a colour that follows from the person's key, so that equal names still look apart. */
export function Avatar({ id, name }: { id: string; name: string }) {
  const initial = Array.from(name.trim())[0]?.toUpperCase() ?? '?'
  const hue = Number.parseInt(id.slice(0, 6), 16) % 8
  return (
    <span class={`avatar hue-${Number.isNaN(hue) ? 0 : hue}`} aria-hidden="true">
      <bdi>{initial}</bdi>
    </span>
  )
}
