import { useEffect, useState } from 'preact/hooks'
import type { RoomView } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { mirrorWords, nodeName, offerWords } from '../text/mirror-words.ts'
import { Failure } from './failure.tsx'
import { PersonName } from './person-name.tsx'

/** Nodes that keep a room for those who are away: which, how far, and how to ask one more. */
export function RoomMirrors({ room }: { room: RoomView }) {
  const store = useStore()
  const task = useTask()
  const [chosen, setChosen] = useState('')
  const { mirrors } = store
  useEffect(() => {
    task.run(() => mirrors.load())
    return mirrors.watch()
  }, [])
  const here = (mirrors.mirrors.value ?? []).filter((mirror) => mirror.room === room.id)
  const others = mirrors.nodes.value.filter(({ id }) => !here.some(({ node }) => node === id))
  const node = others.find(({ id }) => id === chosen) ?? others[0]
  const may = room.role !== 'reader'
  return (
    <section aria-label="Kept for those who are away">
      <h3>Kept for those who are away</h3>
      <p class="quiet">
        A node of the neighbourhood can hold this room, sealed, and hand it to whoever comes by. It
        can not read it.
      </p>
      <Failure text={task.failure} />
      {mirrors.mirrors.value !== null && here.length === 0 && <p class="quiet">No node does.</p>}
      <ul class="cards">
        {here.map((mirror) => (
          <li key={mirror.node} class="card">
            <div class="row">
              <span class="grow">
                <PersonName name={nodeName({ name: mirror.name, id: mirror.node })} />
                <small>{mirrorWords(mirror)}</small>
              </span>
              {may && (
                <button
                  type="button"
                  class="button"
                  disabled={task.busy}
                  onClick={() => task.run(() => mirrors.remove(room.id, mirror.node))}
                >
                  Stop
                </button>
              )}
            </div>
            {mirror.reason !== undefined && <p class="quiet">{mirror.reason}</p>}
          </li>
        ))}
      </ul>
      {may && node && (
        <div class="row">
          <label class="field grow">
            <span>Nodes that offer space</span>
            <select
              value={node.id}
              disabled={task.busy}
              onChange={({ currentTarget }) => setChosen(currentTarget.value)}
            >
              {others.map((other) => (
                <option key={other.id} value={other.id}>
                  {offerWords(other)}
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            class="button"
            disabled={task.busy}
            onClick={() => task.run(() => mirrors.add(room.id, node.id))}
          >
            Keep it there
          </button>
        </div>
      )}
    </section>
  )
}
