import { Icon } from './icon.tsx'

/** What went wrong, said at once to everyone. */
export function Failure({ text }: { text: string | null }) {
  return (
    <div role="alert">
      {text !== null && (
        <p class="failure">
          <Icon name="warn" /> <span>{text}</span>
        </p>
      )}
    </div>
  )
}
