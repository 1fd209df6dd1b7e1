interface FileBarProps {
  readonly label: string
  readonly have: number
  readonly size: number
  /** Nothing moves: it waits, or was paused. */
  readonly still?: boolean
}

/** How much of a file is there. */
export function FileBar({ label, have, size, still = false }: FileBarProps) {
  return (
    <progress
      class={`file-bar ${still ? 'still' : ''}`}
      aria-label={label}
      max={Math.max(1, size)}
      value={Math.min(have, size)}
    />
  )
}
