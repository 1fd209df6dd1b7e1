/** A name chosen by somebody else: isolated, so that its direction marks end with it. */
export function PersonName({ name, tag }: { name: string; tag?: string | undefined }) {
  return (
    <span class="person-name">
      <bdi>{name.trim() === '' ? 'Somebody' : name}</bdi>
      {tag !== undefined && <span class="name-tag"> #{tag.slice(0, 6)}</span>}
    </span>
  )
}
