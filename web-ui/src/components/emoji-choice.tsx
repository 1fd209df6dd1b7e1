import { useState } from 'preact/hooks'
import { MORE_EMOJI, oneEmoji, QUICK_EMOJI } from '../text/emoji.ts'
import { Icon } from './icon.tsx'

interface EmojiChoiceProps {
  /** Those that this person gave already. */
  readonly own: ReadonlySet<string>
  readonly onChoose: (emoji: string) => void
}

/** A row of six, and behind it the others. */
export function EmojiChoice({ own, onChoose }: EmojiChoiceProps) {
  const [all, setAll] = useState(false)
  const [typed, setTyped] = useState('')
  const button = (emoji: string) => (
    <button
      key={emoji}
      type="button"
      class="emoji-button"
      aria-pressed={own.has(emoji)}
      aria-label={`React with ${emoji}`}
      onClick={() => onChoose(emoji)}
    >
      {emoji}
    </button>
  )
  return (
    <div class="emoji-choice">
      <div class="emoji-row">
        {QUICK_EMOJI.map(button)}
        <button
          type="button"
          class="emoji-button"
          aria-label="Other reactions"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          <Icon name="plus" />
        </button>
      </div>
      {all && (
        <>
          <div class="emoji-row">{MORE_EMOJI.map(button)}</div>
          <form
            class="row"
            onSubmit={(event) => {
              event.preventDefault()
              const emoji = oneEmoji(typed)
              if (emoji !== null) onChoose(emoji)
            }}
          >
            <label class="field grow">
              <span>Or type one</span>
              <input
                type="text"
                value={typed}
                maxLength={32}
                autocomplete="off"
                onInput={(event) => setTyped(event.currentTarget.value)}
              />
            </label>
            <button type="submit" class="button" disabled={oneEmoji(typed) === null}>
              React
            </button>
          </form>
        </>
      )}
    </div>
  )
}
