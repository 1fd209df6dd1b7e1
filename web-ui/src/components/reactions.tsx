import type { ReactionView } from '../api/views.ts'
import { count } from '../text/words.ts'

interface ReactionsProps {
  readonly reactions: readonly ReactionView[]
  /** Absent where this person may not react. */
  readonly onToggle: ((emoji: string, on: boolean) => void) | undefined
}

/** Who felt what about a message, as switches for one's own. */
export function Reactions({ reactions, onToggle }: ReactionsProps) {
  return (
    <ul class="reactions" aria-label="Reactions">
      {reactions.map(({ emoji, count: n, own }) => (
        <li key={emoji}>
          <button
            type="button"
            class="reaction"
            aria-pressed={own}
            aria-label={`${emoji} from ${count(n, 'person', 'people')}`}
            disabled={!onToggle}
            onClick={() => onToggle?.(emoji, !own)}
          >
            <span>{emoji}</span> {n}
          </button>
        </li>
      ))}
    </ul>
  )
}
