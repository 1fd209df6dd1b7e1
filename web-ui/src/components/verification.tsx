import { useEffect, useState } from 'preact/hooks'
import type { MemberView, VerificationView, VerifyRequest } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { codeGroups } from '../text/code-groups.ts'
import { Failure } from './failure.tsx'
import { Icon } from './icon.tsx'
import { QrCode } from './qr-code.tsx'

interface VerificationProps {
  readonly member: MemberView
  readonly onChanged: () => void
}

/** Comparing a code in person, so that nobody can pose as the other. */
export function Verification({ member, onChanged }: VerificationProps) {
  const store = useStore()
  const task = useTask()
  const [view, setView] = useState<VerificationView | null>(null)
  const [typed, setTyped] = useState('')
  const [open, setOpen] = useState(false)
  useEffect(() => {
    if (open && !view) task.run(async () => setView(await store.api.people.verification(member.id)))
  }, [open])
  const prove = (proof: VerifyRequest): void =>
    task.run(async () => {
      setView(await store.api.people.verify(member.id, proof))
      setTyped('')
      onChanged()
    })
  const forget = (): void =>
    task.run(async () => {
      setView(await store.api.people.unverify(member.id))
      onChanged()
    })
  const verified = view?.verified ?? member.verified
  return (
    <section>
      <h3>Is it really them?</h3>
      <p class={verified ? 'good' : 'quiet'} role="status">
        {verified && <Icon name="verified" />}
        {verified
          ? ' Verified: you compared codes in person.'
          : 'Meet, and compare the code that each of you sees. It proves that nobody poses as the other.'}
      </p>
      {!open ? (
        <button type="button" class="button" onClick={() => setOpen(true)}>
          {verified ? 'Show the code' : 'Compare codes'}
        </button>
      ) : (
        view && (
          <>
            <p>Their screen must show the same six groups:</p>
            <ol class="code-groups" aria-label="The code to compare">
              {codeGroups(view.code).map((group, at) => (
                <li key={at}>{group}</li>
              ))}
            </ol>
            {!verified && (
              <div class="row">
                <button
                  type="button"
                  class="button primary"
                  disabled={task.busy}
                  onClick={() => prove({ confirmed: true })}
                >
                  They match
                </button>
                <span class="quiet">If they differ, do not trust this person here.</span>
              </div>
            )}
            <details>
              <summary>Scan or type it instead</summary>
              <div class="stack">
                <div class="qr-place">
                  <QrCode text={view.qr} label="Your side of the code, for the other to scan" />
                </div>
                <form
                  class="row"
                  onSubmit={(event) => {
                    event.preventDefault()
                    const text = typed.trim()
                    prove(text.startsWith('porchlight-verify:') ? { qr: text } : { code: text })
                  }}
                >
                  <label class="field grow">
                    <span>The code on their screen</span>
                    <input
                      type="text"
                      value={typed}
                      autocomplete="off"
                      maxLength={1024}
                      spellcheck={false}
                      onInput={(event) => setTyped(event.currentTarget.value)}
                    />
                  </label>
                  <button type="submit" class="button" disabled={task.busy || typed.trim() === ''}>
                    Check
                  </button>
                </form>
              </div>
            </details>
            {verified && (
              <button type="button" class="button" disabled={task.busy} onClick={forget}>
                Not verified after all
              </button>
            )}
          </>
        )
      )}
      <Failure text={task.failure} />
    </section>
  )
}
