import type { FilePolicy, FilePolicyRequest } from '../api/views.ts'
import { keepChoices, keepWords, limitChoices, limitWords } from '../text/file-limits.ts'

const ALWAYS = 'always'
const WAYS: readonly (readonly [keyof FilePolicy['autoFetch'], string])[] = [
  ['lan', 'Over the local network'],
  ['dht', 'Over the internet'],
  ['ble', 'Over Bluetooth'],
  ['other', 'Any other way'],
]

interface FilePolicyFormProps {
  readonly policy: FilePolicy
  readonly busy: boolean
  readonly onChange: (change: FilePolicyRequest) => void
}

/** Sizes fetched without being asked for, by the way they come, and how long such files stay. */
export function FilePolicyForm({ policy, busy, onChange }: FilePolicyFormProps) {
  return (
    <>
      {WAYS.map(([way, label]) => (
        <label key={way} class="field beside">
          <span>{label}</span>
          <select
            value={String(policy.autoFetch[way])}
            disabled={busy}
            onChange={({ currentTarget }) =>
              onChange({ autoFetch: { [way]: Number(currentTarget.value) } })
            }
          >
            {limitChoices(policy.autoFetch[way]).map((limit) => (
              <option key={limit} value={String(limit)}>
                {limitWords(limit)}
              </option>
            ))}
          </select>
        </label>
      ))}
      <label class="field beside">
        <span>Then it is kept</span>
        <select
          value={policy.keepFor === null ? ALWAYS : String(policy.keepFor)}
          disabled={busy}
          onChange={({ currentTarget: { value } }) =>
            onChange({ keepFor: value === ALWAYS ? null : Number(value) })
          }
        >
          <option value={ALWAYS}>{keepWords(null)}</option>
          {keepChoices(policy.keepFor).map((ms) => (
            <option key={ms} value={String(ms)}>
              {keepWords(ms)}
            </option>
          ))}
        </select>
      </label>
    </>
  )
}
