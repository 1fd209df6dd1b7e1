/** The porch light: Porchlight's sign. */
export function Lantern({ lit = true }: { lit?: boolean }) {
  return (
    <svg
      class={`lantern ${lit ? 'lit' : ''}`}
      viewBox="0 0 32 32"
      aria-hidden="true"
      focusable="false"
    >
      <circle class="glow" cx="16" cy="16.5" r="11" />
      <path class="frame" d="M16 3.5V7M9.5 10h13l-2.2 13.5h-8.6zM12 27h8" />
      <circle class="flame" cx="16" cy="16.5" r="3.2" />
    </svg>
  )
}
