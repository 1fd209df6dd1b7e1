import type { Unsent } from '../state/outbox.ts'
import { Icon } from './icon.tsx'
import { MessageText } from './message-text.tsx'

interface UnsentMessageProps {
  readonly message: Unsent
  readonly onResend: (key: string) => void
  readonly onDiscard: (key: string) => void
}

const MAYBE =
  'Porchlight did not answer, so this may or may not have been saved. Look above before sending it again.'

/** What was written and is not in the timeline yet, with the truth about it. */
export function UnsentMessage({ message, onResend, onDiscard }: UnsentMessageProps) {
  const stuck = message.state === 'refused' || message.state === 'unknown'
  return (
    <li class={`message own first last unsent ${stuck ? 'stuck' : ''}`}>
      <div class="bubble-line">
        <div class="bubble">
          <MessageText text={message.request.text} />
        </div>
      </div>
      <p class="meta">
        {message.state === 'saving' && (
          <span class="delivery">
            <Icon name="waiting" /> Saving…
          </span>
        )}
        {message.state === 'saved' && (
          <span class="delivery">
            <Icon name="saved" /> Saved here
          </span>
        )}
      </p>
      {stuck && (
        <div class="stuck-choice" role="alert">
          <p>{message.state === 'unknown' ? MAYBE : `Not sent. ${message.reason ?? ''}`}</p>
          <button type="button" class="button" onClick={() => onResend(message.key)}>
            Send again
          </button>
          <button type="button" class="button" onClick={() => onDiscard(message.key)}>
            Discard
          </button>
        </div>
      )}
    </li>
  )
}
