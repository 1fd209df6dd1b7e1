import { useRef } from 'preact/hooks'

const LONG_MS = 500
const SHAKE_PX = 10

/** Calls back when a finger rests on an element, with the place it rests on. */
export function useLongPress(onPress: (at: DOMRect) => void) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const start = useRef({ x: 0, y: 0 })
  const pressed = useRef(false)
  const stop = (): void => clearTimeout(timer.current)
  return {
    onPointerDown: (event: PointerEvent): void => {
      stop()
      pressed.current = false
      if (event.pointerType === 'mouse' || onControl(event.target)) return
      start.current = { x: event.clientX, y: event.clientY }
      timer.current = setTimeout(() => {
        pressed.current = true
        onPress(new DOMRect(event.clientX, event.clientY))
      }, LONG_MS)
    },
    onPointerMove: (event: PointerEvent): void => {
      const { x, y } = start.current
      if (Math.hypot(event.clientX - x, event.clientY - y) > SHAKE_PX) stop()
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    onContextMenu: (event: Event): void => {
      if (pressed.current) event.preventDefault()
    },
    // Lifting the finger must not press what appeared under it.
    onTouchEnd: (event: TouchEvent): void => {
      if (pressed.current) event.preventDefault()
    },
  }
}

function onControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a') !== null
}
