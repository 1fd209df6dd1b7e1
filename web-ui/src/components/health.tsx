import { useEffect, useState } from 'preact/hooks'
import type { Finding } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { count } from '../text/words.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { Icon } from './icon.tsx'

/** What `porchlight doctor` finds, in words. */
export function Health({ onClose }: { onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const [findings, setFindings] = useState<readonly Finding[] | null>(null)
  const check = (): void => task.run(async () => setFindings(await store.api.doctor()))
  useEffect(check, [])
  const wrong = findings?.filter((finding) => !finding.ok).length ?? 0
  return (
    <Dialog title="Health check" onClose={onClose}>
      <p role="status">
        {task.busy && 'Checking…'}
        {!task.busy &&
          findings !== null &&
          (wrong === 0 ? 'All is well.' : `${count(wrong, 'thing')} to look at.`)}
      </p>
      <Failure text={task.failure} />
      <ul class="cards">
        {(findings ?? []).map((finding) => (
          <li key={finding.check} class={`card finding ${finding.ok ? 'ok' : 'wrong'}`}>
            <Icon name={finding.ok ? 'saved' : 'warn'} />
            <div class="grow">
              <strong>
                {finding.check} <span class="verdict">{finding.ok ? 'fine' : 'needs a look'}</span>
              </strong>
              <p>{finding.says}</p>
              {finding.fix !== undefined && <p class="fix">What helps: {finding.fix}</p>}
            </div>
          </li>
        ))}
      </ul>
      <button type="button" class="button" disabled={task.busy} data-autofocus onClick={check}>
        Check again
      </button>
    </Dialog>
  )
}
