import { useMemo } from 'preact/hooks'
import { linkedText } from '../text/linked-text.ts'

/** A message as its author typed it: text, line breaks, and web addresses that open elsewhere. */
export function MessageText({ text }: { text: string }) {
  const parts = useMemo(() => linkedText(text), [text])
  return (
    <p class="text" dir="auto">
      {parts.map((part, at) =>
        part.href === undefined ? (
          part.text
        ) : (
          <a key={at} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ),
      )}
    </p>
  )
}
