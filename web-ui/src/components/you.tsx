import { useStore } from '../state/store-context.ts'
import { bytes } from '../text/words.ts'
import { Dialog } from './dialog.tsx'
import { NameForm } from './name-form.tsx'

/** Who you are to others, and what this device keeps. */
export function You({ onClose }: { onClose: () => void }) {
  const store = useStore()
  const status = store.status.value
  if (!status) return null
  const { used, free, quota } = status.storage
  return (
    <Dialog title="You and this device" onClose={onClose}>
      <NameForm name={status.name} action="Save name" onSave={(name) => store.setName(name)} />
      <dl class="facts">
        <dt>Your key</dt>
        <dd>
          <code>{status.person.slice(0, 16)}</code>
        </dd>
        <dt>This device</dt>
        <dd>
          <code>{status.device.slice(0, 16)}</code>
        </dd>
        <dt>Kept here</dt>
        <dd>
          {bytes(used)}
          {quota !== null && ` of ${bytes(quota)}`}, {bytes(free)} free on the disk
        </dd>
        <dt>Version</dt>
        <dd>{status.version}</dd>
      </dl>
    </Dialog>
  )
}
