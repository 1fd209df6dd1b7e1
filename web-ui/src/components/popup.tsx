import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'

interface PopupProps {
  readonly label: string
  /** Where the control is that it belongs to. */
  readonly at: DOMRect
  readonly onClose: () => void
  readonly children: ComponentChildren
}

const MARGIN = 8

/** A small sheet beside a control (on a phone: at the foot of the screen) that keeps the focus until it closes. */
export function Popup({ label, at, onClose, children }: PopupProps) {
  const element = useRef<HTMLDialogElement>(null)
  const close = useRef(onClose)
  useEffect(() => {
    close.current = onClose
  })
  useLayoutEffect(() => {
    const popup = element.current
    const before = document.activeElement
    popup?.showModal()
    return () => {
      popup?.close()
      // What was chosen may have put the focus elsewhere: into the message box, say.
      const lost = document.activeElement === document.body
      if (lost && before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  useLayoutEffect(() => {
    const popup = element.current
    if (!popup) return
    // Showing more makes it larger.
    const follow = new ResizeObserver(() => place(popup, at))
    follow.observe(popup)
    place(popup, at)
    return () => follow.disconnect()
  }, [at])
  return (
    <dialog
      ref={element}
      class="popup"
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault()
        close.current()
      }}
      onPointerDown={(event) => {
        if (event.target === element.current) close.current()
      }}
      onKeyDown={moveFocus}
    >
      <div class="popup-body">{children}</div>
    </dialog>
  )
}

/** Beside `at`: below it where that fits, else above, and never beyond the edge of the window. */
function place(popup: HTMLElement, at: DOMRect): void {
  const { width, height } = popup.getBoundingClientRect()
  const x = Math.min(at.left, innerWidth - width - MARGIN)
  const below = at.bottom + 4
  const fits = below + height + MARGIN < innerHeight
  const y = fits ? below : Math.min(at.top - height - 4, innerHeight - height - MARGIN)
  popup.style.setProperty('--x', `${Math.max(MARGIN, x)}px`)
  popup.style.setProperty('--y', `${Math.max(MARGIN, y)}px`)
}

/** Up and down go from one choice to the next. */
function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0 || event.target instanceof HTMLInputElement) return
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('button:not(:disabled)')]
  const here = buttons.indexOf(document.activeElement as HTMLElement)
  event.preventDefault()
  buttons[(here + step + buttons.length) % buttons.length]?.focus()
}
