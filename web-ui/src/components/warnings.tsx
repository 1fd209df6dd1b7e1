import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import type { WarningView } from '../api/views.ts'
import { dateWords } from '../text/dates.ts'
import { Failure } from './failure.tsx'
import { Icon } from './icon.tsx'

/** Something about a person's key does not fit: it stays in view until it was acknowledged. */
export function Warnings() {
  const store = useStore()
  return (
    <div role="alert">
      {store.owner.warnings.value.map((warning) => (
        <Warning key={warning.id} warning={warning} />
      ))}
    </div>
  )
}

function Warning({ warning }: { warning: WarningView }) {
  const store = useStore()
  const task = useTask()
  return (
    <div class="banner">
      <Icon name="warn" />
      <div class="grow">
        <p>{warning.words}</p>
        <small>{dateWords(warning.at)}</small>
        <Failure text={task.failure} />
      </div>
      {warning.roomId !== undefined && (
        <button
          type="button"
          class="button"
          onClick={() => {
            store.go(warning.roomId ?? null)
            store.showPerson(warning.person)
          }}
        >
          Look at this person
        </button>
      )}
      <button
        type="button"
        class="button"
        disabled={task.busy}
        onClick={() => task.run(() => store.owner.acknowledge(warning))}
      >
        I understand
      </button>
    </div>
  )
}
