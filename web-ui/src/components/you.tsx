import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { bytes, count } from '../text/words.ts'
import { AvatarForm } from './avatar-form.tsx'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { Icon, type IconName } from './icon.tsx'
import { NameForm } from './name-form.tsx'
import { Switch } from './switch.tsx'
import type { DialogName } from '../state/app-store.ts'

/** Who you are to others, your devices, and how this one guards what it keeps. */
export function You({ onClose }: { onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const { owner } = store
  const status = store.status.value
  const identity = owner.identity.value
  if (!status) return null
  const { used, free, quota } = status.storage
  const way = (dialog: DialogName, icon: IconName, words: string, says: string) => (
    <li>
      <button type="button" class="person-row" onClick={() => (store.dialog.value = dialog)}>
        <Icon name={icon} />
        <span class="grow">
          {words}
          <small>{says}</small>
        </span>
        <Icon name="next" />
      </button>
    </li>
  )
  return (
    <Dialog title="You and this device" onClose={onClose}>
      <AvatarForm />
      <NameForm name={status.name} action="Save name" onSave={(name) => store.setName(name)} />
      <Switch
        label="Tell others what you have read"
        on={owner.readReceipts.value}
        busy={task.busy}
        onChange={(on) => task.run(() => owner.setReadReceipts(on))}
      />
      <Failure text={task.failure} />
      <ul class="ways">
        {way(
          'devices',
          'device',
          'Your devices',
          owner.devices.value.length > 1
            ? count(owner.devices.value.length, 'device')
            : 'Only this one. Add a phone or a laptop.',
        )}
        {identity?.hasPhrase !== false &&
          way('phrase', 'key', 'Your 24 words', 'They bring you back when this device is lost.')}
        {way(
          'passphrase',
          'lock',
          'Passphrase and lock',
          status.sealed ? 'On' : 'Off: whoever opens this device can read everything.',
        )}
        {way(
          'file-settings',
          'files',
          'Files on this device',
          'What is fetched by itself, and how much is kept.',
        )}
        {way(
          'sharing',
          'carrier',
          'For your neighbours',
          'What this device carries and keeps for others.',
        )}
        {way('erase', 'bin', 'Erase everything', 'Removes you from this device.')}
      </ul>
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
