import type { RefObject } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { MemberView } from '../api/views.ts'
import { matchingNames, mentionAt, withMention, type MentionQuery } from '../text/mention-text.ts'

interface MentionOptions {
  readonly box: RefObject<HTMLTextAreaElement | null>
  readonly people: readonly MemberView[]
  readonly text: string
  readonly onChange: (text: string) => void
}

/** The people offered for the name being typed behind an @. */
export interface Mentions {
  readonly listId: string
  readonly offered: readonly MemberView[]
  readonly chosen: number
  readonly attributes: Readonly<Record<string, string>>
  /** Looks at what stands before the caret. */
  readonly look: () => void
  readonly close: () => void
  readonly take: (person: MemberView) => void
  /** True when the key was meant for the list. */
  readonly onKey: (event: KeyboardEvent) => boolean
}

export function useMentions({ box, people, text, onChange }: MentionOptions): Mentions {
  const listId = useId()
  const [query, setQuery] = useState<MentionQuery | null>(null)
  const [chosen, setChosen] = useState(0)
  const caret = useRef<number | null>(null)
  const others = people.filter(({ self, blocked }) => !self && !blocked)
  const offered = query ? matchingNames(others, query.typed) : []
  useLayoutEffect(() => {
    if (caret.current !== null) box.current?.setSelectionRange(caret.current, caret.current)
    caret.current = null
  }, [text])
  const close = (): void => setQuery(null)
  const look = (): void => {
    const element = box.current
    if (!element) return
    const alone = element.selectionStart === element.selectionEnd
    setQuery(alone ? mentionAt(element.value, element.selectionStart) : null)
    setChosen(0)
  }
  const take = (person: MemberView): void => {
    if (!query) return
    const next = withMention(text, query, person.name)
    caret.current = next.caret
    close()
    onChange(next.text)
    box.current?.focus()
  }
  const onKey = (event: KeyboardEvent): boolean => {
    const person = offered[chosen]
    if (!person) return false
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : offered.length - 1
      setChosen((chosen + step) % offered.length)
    } else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') {
      take(person)
    } else if (event.key === 'Escape') {
      close()
    } else {
      return false
    }
    event.preventDefault()
    return true
  }
  const attributes: Record<string, string> =
    offered.length === 0
      ? {}
      : { 'aria-controls': listId, 'aria-activedescendant': `${listId}-${chosen}` }
  return { listId, offered, chosen, attributes, look, close, take, onKey }
}
