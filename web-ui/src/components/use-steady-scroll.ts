import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { RefObject } from 'preact'

/** Nearer to an end than this, the next page is fetched. */
const NEAR_PX = 300
/** A reader this near to the bottom follows new messages. */
const BOTTOM_PX = 48

interface SteadyScrollOptions {
  readonly ready: boolean
  /** The newest message is among the rows. */
  readonly live: boolean
  /** Changes whenever rows do. */
  readonly content: unknown
  /** Changes when something is added below by the reader. */
  readonly tail: number
  readonly onTop: () => void
  readonly onBottom: () => void
  readonly onLook: (atBottom: boolean) => void
}

interface SteadyScroll {
  readonly ref: RefObject<HTMLDivElement | null>
  readonly atBottom: boolean
  readonly onScroll: () => void
  readonly toBottom: () => void
  readonly reveal: (id: string) => void
}

/**
 * Keeps what is being read where it is while rows come and go on either side, and follows the
 * newest only for a reader who is at the bottom.
 */
export function useSteadyScroll(options: SteadyScrollOptions): SteadyScroll {
  const ref = useRef<HTMLDivElement>(null)
  const latest = useRef(options)
  latest.current = options
  const stuck = useRef(true)
  const placed = useRef(false)
  const tail = useRef(options.tail)
  const anchor = useRef<{ id: string; top: number } | null>(null)
  const [atBottom, setAtBottom] = useState(true)

  const settle = useCallback(() => {
    const box = ref.current
    if (!box) return
    const left = box.scrollHeight - box.scrollTop - box.clientHeight
    stuck.current = latest.current.live && left < BOTTOM_PX
    anchor.current = firstInView(box)
    setAtBottom(stuck.current)
    latest.current.onLook(stuck.current)
  }, [])

  const toBottom = useCallback(() => {
    const box = ref.current
    if (!box) return
    stuck.current = true
    box.scrollTop = box.scrollHeight
  }, [])

  useLayoutEffect(() => {
    const box = ref.current
    if (!box || !options.ready) return
    const wrote = options.tail > tail.current
    tail.current = options.tail
    if (!placed.current) {
      placed.current = true
      const unread = row(box, 'unread')
      box.scrollTop = unread ? unread.offsetTop - box.clientHeight / 4 : box.scrollHeight
    } else if (stuck.current || wrote) {
      box.scrollTop = box.scrollHeight
    } else if (anchor.current) {
      const there = hold(box, anchor.current)
      // Another stretch was put in its place: the newest, which was asked for.
      if (!there && options.live) box.scrollTop = box.scrollHeight
    }
    settle()
  }, [options.ready, options.content, options.tail, settle])

  useEffect(() => {
    const box = ref.current
    if (!box) return
    // Rows grow while they are read: a file arrives, a folder is opened.
    const follow = new ResizeObserver(() => {
      if (stuck.current) box.scrollTop = box.scrollHeight
      else if (anchor.current) hold(box, anchor.current)
    })
    follow.observe(box)
    for (const child of box.children) follow.observe(child)
    const look = (): void => latest.current.onLook(stuck.current)
    addEventListener('focus', look)
    document.addEventListener('visibilitychange', look)
    return () => {
      follow.disconnect()
      removeEventListener('focus', look)
      document.removeEventListener('visibilitychange', look)
    }
  }, [options.ready])

  const onScroll = useCallback(() => {
    const box = ref.current
    if (!box) return
    settle()
    if (box.scrollTop < NEAR_PX) latest.current.onTop()
    if (box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX) latest.current.onBottom()
  }, [settle])

  const reveal = useCallback((id: string) => {
    const element = ref.current && row(ref.current, id)
    element?.scrollIntoView({ block: 'center' })
    element?.focus({ preventScroll: true })
  }, [])

  return { ref, atBottom, onScroll, toBottom, reveal }
}

function row(box: HTMLElement, id: string): HTMLElement | null {
  return box.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)
}

/** Brings what was being read back to where it was; false when it is no more. */
function hold(box: HTMLElement, { id, top }: { id: string; top: number }): boolean {
  const element = row(box, id)
  if (element) box.scrollTop += topOf(element, box) - top
  return element !== null
}

function topOf(element: HTMLElement, box: HTMLElement): number {
  return element.getBoundingClientRect().top - box.getBoundingClientRect().top
}

function firstInView(box: HTMLElement): { id: string; top: number } | null {
  for (const element of box.querySelectorAll<HTMLElement>('.message[data-id]')) {
    const top = topOf(element, box)
    if (top + element.offsetHeight > 0) return { id: element.dataset['id'] ?? '', top }
  }
  return null
}
