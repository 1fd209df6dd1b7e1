import { useState } from 'preact/hooks'
import type { RoomView } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { pointIn, pointWords } from '../text/place-text.ts'
import { Dialog } from './dialog.tsx'

/** Sends a point on the earth: typed or pasted, never asked of anybody outside. */
export function SendPlace({ room, onClose }: { room: RoomView; onClose: () => void }) {
  const store = useStore()
  const [typed, setTyped] = useState('')
  const [label, setLabel] = useState('')
  const point = pointIn(typed)
  const submit = (event: Event): void => {
    event.preventDefault()
    if (!point) return
    const name = label.trim()
    const location = name === '' ? point : { ...point, label: name }
    const words = name === '' ? pointWords(point) : `${name} (${pointWords(point)})`
    void store.roomStore(room.id).send(words, location)
    onClose()
  }
  return (
    <Dialog title="Send a place" onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <label class="field">
          <span>What is there</span>
          <input
            type="text"
            dir="auto"
            value={label}
            maxLength={80}
            autocomplete="off"
            placeholder="Water point"
            data-autofocus
            onInput={(event) => setLabel(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Its coordinates</span>
          <input
            type="text"
            value={typed}
            autocomplete="off"
            placeholder="52.5200, 13.4050"
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <p class="quiet" role="status">
          {point
            ? `${pointWords(point)}: latitude, then longitude.`
            : 'Map apps show them when you press long on a place.'}
        </p>
        <button type="submit" class="button primary" disabled={!point}>
          Send the place
        </button>
      </form>
    </Dialog>
  )
}
