import { useEffect, useRef, useState } from 'preact/hooks'
import { codeIn } from '../api/session.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { Failure } from './failure.tsx'
import { Lantern } from './lantern.tsx'

/** The door: this tab has no token, or one the node no longer knows. */
export function SignIn() {
  const store = useStore()
  const task = useTask()
  const [link, setLink] = useState('')
  const [failure, setFailure] = useState<string | null>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const submit = (event: Event): void => {
    event.preventDefault()
    const code = codeIn(link)
    setFailure(code === null ? 'That has no code in it. Paste the whole link, with its end.' : null)
    if (code !== null) task.run(() => store.session.signIn(code))
  }
  return (
    <main class="threshold">
      <Lantern lit={false} />
      <h1 tabIndex={-1} ref={heading}>
        This page needs a fresh link
      </h1>
      <p>
        So that nobody else on this computer can read along, Porchlight’s page opens with a link
        that works once. Your rooms and messages are safe.
      </p>
      <p>
        In a terminal, run <code>porchlight open</code> (in a checkout of its source,{' '}
        <code>npm run porchlight -- open</code>). It prints a new link and opens it; the terminal
        where Porchlight was started shows one as well.
      </p>
      <form class="stack" onSubmit={submit}>
        <label class="field">
          <span>Or paste the link here</span>
          <input
            type="text"
            value={link}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            onInput={(event) => setLink(event.currentTarget.value)}
          />
        </label>
        <Failure text={failure ?? store.session.failure.value} />
        <button type="submit" class="button primary" disabled={task.busy || link.trim() === ''}>
          Open
        </button>
      </form>
    </main>
  )
}
