import { useEffect } from 'preact/hooks'
import type { SharingRequest } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { quotaChoices, roundBytes } from '../text/file-limits.ts'
import { heldWords } from '../text/mirror-words.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { Switch } from './switch.tsx'

/** What this device does for people it does not know: carry, keep, pass on. */
export function Sharing({ onClose }: { onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const { mirrors } = store
  useEffect(() => {
    task.run(() => mirrors.load())
    return mirrors.watch()
  }, [])
  const sharing = mirrors.sharing.value
  const held = mirrors.held.value
  const share = (change: SharingRequest): void => task.run(() => mirrors.share(change))
  const quota = (value: number, change: (bytes: number) => void) => (
    <label class="field beside">
      <span>At most</span>
      <select
        value={String(value)}
        disabled={task.busy}
        onChange={({ currentTarget }) => change(Number(currentTarget.value))}
      >
        {quotaChoices(value).map((choice) => (
          <option key={choice} value={String(choice)}>
            {roundBytes(choice)}
          </option>
        ))}
      </select>
    </label>
  )
  return (
    <Dialog title="For your neighbours" onClose={onClose}>
      <Failure text={task.failure} />
      <p class="quiet">
        What this device takes for others is sealed: nobody can read it here, and you neither.
      </p>
      {sharing && (
        <>
          <Switch
            label="Carry messages from place to place"
            on={sharing.carry}
            busy={task.busy}
            onChange={(carry) => share({ carry })}
          />
          {sharing.carry && quota(sharing.carryQuota, (carryQuota) => share({ carryQuota }))}
          <Switch
            label="Pass on between devices that do not reach each other"
            on={sharing.relay}
            busy={task.busy}
            onChange={(relay) => share({ relay })}
          />
          <Switch
            label="Keep rooms for others: for a device that is always on"
            on={sharing.neighbourhood}
            busy={task.busy}
            onChange={(neighbourhood) => share({ neighbourhood })}
          />
          {sharing.neighbourhood && (
            <>
              {quota(sharing.quota, (bytes) => share({ quota: bytes }))}
              <p class="quiet">
                Everyone who meets this device can tell it from others by its key.
              </p>
            </>
          )}
        </>
      )}
      {held && held.mirrors > 0 && (
        <section aria-label="Held for others">
          <h3>Held for others</h3>
          <p>{heldWords(held)}</p>
          {held.carried.mirrors > 0 && (
            <button
              type="button"
              class="button"
              disabled={task.busy}
              onClick={() => task.run(() => mirrors.dropCarried())}
            >
              Delete what is carried
            </button>
          )}
        </section>
      )}
    </Dialog>
  )
}
