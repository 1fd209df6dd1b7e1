import { useEffect, useState } from 'preact/hooks'
import type { RoomSettings as Settings, RoomView } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { DAY, HOUR, spanWords } from '../text/spans.ts'
import { roleName } from '../text/words.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { Icon } from './icon.tsx'
import { Invites } from './invites.tsx'
import { RoomMirrors } from './room-mirrors.tsx'

const OFF = 'off'
const ROTATE = [DAY, 7 * DAY, 30 * DAY]
const KEEP = [7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY]
const DISAPPEAR = [HOUR, DAY, 7 * DAY, 30 * DAY]

/** The rules of a room: an admin sets them, everybody can read them. */
export function RoomSettings({ room, onClose }: { room: RoomView; onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const [settings, setSettings] = useState<Settings | null>(null)
  const joined = room.state === 'joined'
  useEffect(() => {
    if (joined) task.run(async () => setSettings(await store.api.rooms.settings(room.id)))
  }, [])
  const admin = room.role === 'admin'
  const change = (part: Partial<Settings>): void =>
    task.run(async () => {
      setSettings(await store.api.rooms.setSettings(room.id, part))
      store.roomStore(room.id).onRoom()
    })
  const span = (
    label: string,
    value: number | null,
    choices: readonly number[],
    none: string,
    some: (words: string) => string,
    set: (ms: number | null) => void,
  ) => {
    const all = value === null || choices.includes(value) ? choices : [...choices, value]
    return (
      <label class="field">
        <span>{label}</span>
        <select
          value={value === null ? OFF : String(value)}
          disabled={!admin || task.busy}
          onChange={({ currentTarget }) =>
            set(currentTarget.value === OFF ? null : Number(currentTarget.value))
          }
        >
          <option value={OFF}>{none}</option>
          {all.map((ms) => (
            <option key={ms} value={String(ms)}>
              {some(spanWords(ms))}
            </option>
          ))}
        </select>
      </label>
    )
  }
  return (
    <Dialog title="This room" onClose={onClose}>
      {joined && (
        <p class="quiet">
          You are here as {roleName(room.role).toLowerCase()}.
          {!admin && ' An admin can change these rules.'}
        </p>
      )}
      <Failure text={task.failure} />
      {settings && (
        <section aria-label="Rules">
          <label class="field">
            <span>Newcomers can read</span>
            <select
              value={settings.history}
              disabled={!admin || task.busy}
              onChange={({ currentTarget }) =>
                change({ history: currentTarget.value === 'all' ? 'all' : 'joined' })
              }
            >
              <option value="all">what came before, too</option>
              <option value="joined">only what comes after</option>
            </select>
          </label>
          {span(
            'Messages disappear',
            settings.disappearAfter,
            DISAPPEAR,
            'if the writer wants',
            (words) => `after ${words}`,
            (disappearAfter) => change({ disappearAfter }),
          )}
          {span(
            'The room’s key changes',
            settings.rotateEvery,
            ROTATE,
            'when somebody leaves',
            (words) => `also every ${words}`,
            (rotateEvery) => change({ rotateEvery }),
          )}
          {span(
            'Old messages are kept',
            settings.keepFor,
            KEEP,
            'as long as possible',
            (words) => `for ${words}`,
            (keepFor) => change({ keepFor }),
          )}
        </section>
      )}
      {joined && (
        <button type="button" class="button" onClick={() => (store.dialog.value = 'file-settings')}>
          <Icon name="files" /> Files: what is fetched and kept here
        </button>
      )}
      {joined && <RoomMirrors room={room} />}
      {joined && room.role !== 'reader' && <Invites room={room} />}
      <button type="button" class="button" onClick={() => (store.dialog.value = 'leave')}>
        <Icon name="leave" /> Leave this room
      </button>
    </Dialog>
  )
}
