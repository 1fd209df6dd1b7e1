import { useState } from 'preact/hooks'
import type { DeviceView } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { dateWords } from '../text/dates.ts'
import { Confirm } from './confirm.tsx'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { Icon } from './icon.tsx'
import { OfferPairing } from './offer-pairing.tsx'
import { PairHere } from './pair-here.tsx'
import { PersonName } from './person-name.tsx'

/** This person's devices: which there are, adding one, cutting one off. */
export function Devices({ onClose }: { onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const [asked, setAsked] = useState<DeviceView | null>(null)
  const [elsewhere, setElsewhere] = useState(false)
  // Only an empty device can become one of a person who has others.
  const empty = store.rooms.value?.length === 0 && store.owner.devices.value.length < 2
  const remove = (device: DeviceView): void =>
    task.run(async () => {
      await store.api.devices.remove(device.id)
      setAsked(null)
      store.owner.renew()
    })
  return (
    <Dialog title="Your devices" onClose={onClose} onBack={() => (store.dialog.value = 'you')}>
      <ul class="people">
        {store.owner.devices.value.map((device) => (
          <li key={device.id} class="person-row">
            <Icon name="device" />
            <span class="grow">
              <PersonName name={device.name} tag={device.id} />
              <small>{device.here ? 'This device' : `Added ${dateWords(device.since)}`}</small>
            </span>
            {!device.here && (
              <button type="button" class="button" onClick={() => setAsked(device)}>
                Remove
              </button>
            )}
          </li>
        ))}
      </ul>
      {asked && (
        <Confirm
          key={asked.id}
          title={
            <>
              Remove <PersonName name={asked.name} />
            </>
          }
          action="Remove it"
          busy={task.busy}
          onYes={() => remove(asked)}
          onNo={() => setAsked(null)}
        >
          It is cut off in every room and gets nothing new. Do this when it is lost or sold. What it
          already holds stays on it.
        </Confirm>
      )}
      <Failure text={task.failure} />
      {elsewhere ? (
        <PairHere onBack={() => setElsewhere(false)} />
      ) : (
        <>
          <OfferPairing />
          {empty && (
            <button type="button" class="button" onClick={() => setElsewhere(true)}>
              I have Porchlight elsewhere
            </button>
          )}
        </>
      )}
    </Dialog>
  )
}
