import { useState } from 'preact/hooks'

interface CopyButtonProps {
  readonly text: string
  readonly label: string
  /** Small, among other things. */
  readonly quiet?: boolean
  /** Selected where the page may not write to the clipboard, so that the keys do it. */
  readonly selectInstead: () => void
}

export function CopyButton({ text, label, quiet, selectInstead }: CopyButtonProps) {
  const [said, setSaid] = useState('')
  const copy = async (): Promise<void> => {
    try {
      // Absent outside a secure context, where the property is undefined.
      await navigator.clipboard.writeText(text)
      setSaid('Copied')
    } catch {
      selectInstead()
      setSaid('Selected: press Ctrl+C')
    }
  }
  return (
    <>
      <button
        type="button"
        class={`button ${quiet ? 'small' : 'primary'}`}
        onClick={() => void copy()}
      >
        {said === '' ? label : said}
      </button>
      <span class="hidden" role="status">
        {said}
      </span>
    </>
  )
}
