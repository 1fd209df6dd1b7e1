import { useState } from 'preact/hooks'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'

/** The 24 words that make this person: shown when asked for, and gone with the dialog. */
export function Phrase({ onClose }: { onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const [words, setWords] = useState<readonly string[] | null>(null)
  const show = (): void =>
    task.run(async () => setWords((await store.api.owner.phrase()).phrase.trim().split(/\s+/)))
  return (
    <Dialog title="Your 24 words" onClose={onClose} onBack={() => (store.dialog.value = 'you')}>
      <p>
        They are you. With them you come back on a new machine, with your rooms, as soon as one
        neighbour is near.
      </p>
      <p class="failure">
        Whoever sees them can be you, for good. Write them on paper. Do not photograph them, and
        type them nowhere but in Porchlight.
      </p>
      <Failure text={task.failure} />
      {words === null ? (
        <button type="button" class="button" disabled={task.busy} onClick={show}>
          Nobody is looking: show them
        </button>
      ) : (
        <>
          <ol class="phrase" aria-label="Your 24 words">
            {words.map((word, at) => (
              <li key={at}>{word}</li>
            ))}
          </ol>
          <button type="button" class="button primary" onClick={onClose}>
            I wrote them down
          </button>
        </>
      )}
    </Dialog>
  )
}
