import { useState } from 'preact/hooks'
import type { RoomStore } from '../state/room-store.ts'
import { useStore } from '../state/store-context.ts'
import { spanWords, TIMERS } from '../text/spans.ts'
import { Icon } from './icon.tsx'
import { Popup } from './popup.tsx'

/** What a message can carry besides text: a timer, a place. */
export function ComposerExtras({ room }: { room: RoomStore }) {
  const store = useStore()
  const [at, setAt] = useState<DOMRect | null>(null)
  const timer = room.timer.value
  const roomTimer = room.roomTimer.value
  const choose = (ms: number | null): void => {
    room.timer.value = ms
    setAt(null)
  }
  const choice = (ms: number | null, words: string) => (
    <button
      key={words}
      type="button"
      class="popup-item"
      aria-pressed={timer === ms}
      onClick={() => choose(ms)}
    >
      <Icon name={timer === ms ? 'saved' : 'blank'} /> {words}
    </button>
  )
  return (
    <>
      <button
        type="button"
        class={`icon-button ${timer === null ? '' : 'set'}`}
        aria-label="Timer and place"
        aria-haspopup="dialog"
        title="Timer and place"
        onClick={(event) => setAt(event.currentTarget.getBoundingClientRect())}
      >
        <Icon name={timer === null ? 'plus' : 'timer'} />
      </button>
      {at && (
        <Popup label="Timer and place" at={at} onClose={() => setAt(null)}>
          <h3 class="popup-title">What I send disappears</h3>
          {choice(
            null,
            roomTimer === null ? 'Never' : `As the room: after ${spanWords(roomTimer)}`,
          )}
          {TIMERS.map((ms) => choice(ms, `After ${spanWords(ms)}`))}
          <hr />
          <button
            type="button"
            class="popup-item"
            onClick={() => {
              setAt(null)
              store.dialog.value = 'place'
            }}
          >
            <Icon name="place" /> Send a place…
          </button>
        </Popup>
      )}
    </>
  )
}
