import type { ComponentChildren } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks'
import { Icon } from './icon.tsx'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  /** Leads to the dialog that this one was opened from. */
  readonly onBack?: () => void
  /** Takes as much of the window as it can. */
  readonly wide?: boolean
  readonly children: ComponentChildren
}

/** A modal: keeps the focus, closes with Escape, and gives the focus back where it came from. */
export function Dialog({ title, onClose, onBack, wide = false, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const close = useRef(onClose)
  const titleId = useId()
  useEffect(() => {
    close.current = onClose
  })
  useLayoutEffect(() => {
    const dialog = element.current
    const before = document.activeElement
    dialog?.showModal()
    dialog?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={element}
      class={`dialog ${wide ? 'wide-dialog' : ''}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        close.current()
      }}
      onMouseDown={(event) => {
        if (event.target === element.current) close.current()
      }}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          {onBack && (
            <button type="button" class="icon-button" aria-label="Back" onClick={onBack}>
              <Icon name="back" />
            </button>
          )}
          <h2 id={titleId}>
            <bdi>{title}</bdi>
          </h2>
          <button
            type="button"
            class="icon-button"
            aria-label="Close"
            onClick={() => close.current()}
          >
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
