import { useStore } from '../state/store-context.ts'
import { Icon } from './icon.tsx'

/** Looks through every room as one types. */
export function SearchBox() {
  const { search } = useStore()
  return (
    <form class="search-box" role="search" onSubmit={(event) => event.preventDefault()}>
      <Icon name="search" />
      <input
        type="search"
        dir="auto"
        aria-label="Search all messages"
        placeholder="Search messages"
        autocomplete="off"
        maxLength={200}
        value={search.words.value}
        onInput={(event) => search.type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') search.clear()
        }}
      />
    </form>
  )
}
