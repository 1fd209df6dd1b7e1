import { useId } from 'preact/hooks'

interface SwitchProps {
  readonly label: string
  readonly on: boolean
  readonly busy: boolean
  readonly onChange: (on: boolean) => void
}

/** A choice that takes effect at once. */
export function Switch({ label, on, busy, onChange }: SwitchProps) {
  const id = useId()
  return (
    <div class="switch-row">
      <span id={id} class="grow">
        {label}
      </span>
      <button
        type="button"
        role="switch"
        class="switch"
        aria-checked={on}
        aria-labelledby={id}
        disabled={busy}
        onClick={() => onChange(!on)}
      >
        <span class="knob" />
      </button>
    </div>
  )
}
