import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

interface ConfirmProps {
  /** What is going to be done. */
  readonly title: ComponentChildren
  /** What that does, in a sentence. */
  readonly children: ComponentChildren
  readonly action: string
  readonly busy: boolean
  readonly onYes: () => void
  readonly onNo: () => void
}

/** Asks once more, saying what a choice does. */
export function Confirm({ title, children, action, busy, onYes, onNo }: ConfirmProps) {
  const no = useRef<HTMLButtonElement>(null)
  useEffect(() => no.current?.focus(), [])
  return (
    <div class="card ask" role="group" aria-label="Please confirm">
      <p>
        <strong>{title}</strong>
      </p>
      <p>{children}</p>
      <div class="row end">
        <button type="button" class="button" ref={no} onClick={onNo}>
          Cancel
        </button>
        <button type="button" class="button danger" disabled={busy} onClick={onYes}>
          {action}
        </button>
      </div>
    </div>
  )
}
