import { useEffect, useState } from 'preact/hooks'
import type { FilePolicy, FileStorage, RoomView } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { quotaChoices, roundBytes } from '../text/file-limits.ts'
import { bytes } from '../text/words.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { FilePolicyForm } from './file-policy-form.tsx'
import { PersonName } from './person-name.tsx'

const NONE = 'none'

interface FileSettingsProps {
  readonly room: RoomView | null
  readonly onClose: () => void
}

/** What this device fetches without being asked, how long it keeps it, and how much room it gives to files. */
export function FileSettings({ room, onClose }: FileSettingsProps) {
  const store = useStore()
  const task = useTask()
  const [device, setDevice] = useState<FilePolicy | null>(null)
  const [here, setHere] = useState<FilePolicy | null>(null)
  const [storage, setStorage] = useState<FileStorage | null>(null)
  const { files } = store.api
  const joined = room?.state === 'joined' ? room : null
  const load = async (): Promise<void> => {
    setDevice(await files.policy(null))
    if (joined) setHere(await files.policy(joined.id))
    setStorage(await files.storage())
  }
  useEffect(() => task.run(load), [])
  const free = store.status.value?.storage.free
  const everywhere = device && (
    <FilePolicyForm
      policy={device}
      busy={task.busy}
      onChange={(change) =>
        task.run(async () => {
          setDevice(await files.setPolicy(null, change))
          if (joined) setHere(await files.policy(joined.id))
        })
      }
    />
  )
  return (
    <Dialog title="Files on this device" onClose={onClose}>
      <Failure text={task.failure} />
      <p class="quiet">
        What others send is fetched by itself up to these sizes. Anything else waits until you press
        Get.
      </p>
      {joined && here && device && (
        <section aria-label="In this room">
          <h3>
            In <PersonName name={joined.name} />
          </h3>
          <p class="quiet">
            {isSame(here, device) ? 'As everywhere on this device.' : 'Different from other rooms.'}
          </p>
          <FilePolicyForm
            policy={here}
            busy={task.busy}
            onChange={(change) =>
              task.run(async () => setHere(await files.setPolicy(joined.id, change)))
            }
          />
          {!isSame(here, device) && (
            <button
              type="button"
              class="button"
              disabled={task.busy}
              onClick={() =>
                task.run(async () =>
                  setHere(
                    await files.setPolicy(joined.id, { autoFetch: null, keepFor: 'default' }),
                  ),
                )
              }
            >
              As everywhere on this device
            </button>
          )}
        </section>
      )}
      {device && joined && (
        <details>
          <summary>In all other rooms</summary>
          {everywhere}
        </details>
      )}
      {device && !joined && (
        <section aria-label="In all rooms">
          <h3>In all rooms</h3>
          {everywhere}
        </section>
      )}
      {storage && (
        <section aria-label="Space for files">
          <h3>Space for files</h3>
          {storage.quota !== null && (
            <meter
              class="space"
              aria-label="Space in use"
              min={0}
              max={Math.max(1, storage.quota)}
              value={Math.min(storage.used, storage.quota)}
            />
          )}
          <p>
            {bytes(storage.used)} in use
            {storage.quota !== null && ` of ${roundBytes(storage.quota)}`}
            {free !== undefined && `, ${bytes(free)} free on the disk`}.
          </p>
          <label class="field">
            <span>Files others sent may take</span>
            <select
              value={storage.quota === null ? NONE : String(storage.quota)}
              disabled={task.busy}
              onChange={({ currentTarget: { value } }) =>
                task.run(async () =>
                  setStorage(await files.setQuota(value === NONE ? null : Number(value))),
                )
              }
            >
              <option value={NONE}>as much as the disk has</option>
              {quotaChoices(storage.quota).map((quota) => (
                <option key={quota} value={String(quota)}>
                  {roundBytes(quota)}
                </option>
              ))}
            </select>
          </label>
          <p class="quiet">
            When that is full, what came by itself goes first: what you never opened, the oldest
            before the others. What you asked for, and what you sent, is never removed.
          </p>
        </section>
      )}
    </Dialog>
  )
}

function isSame(a: FilePolicy, b: FilePolicy): boolean {
  const keys = ['lan', 'dht', 'ble', 'other'] as const
  return a.keepFor === b.keepFor && keys.every((key) => a.autoFetch[key] === b.autoFetch[key])
}
