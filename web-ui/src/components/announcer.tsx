/** Speaks what others wrote; the timeline itself stays silent, so that paging is not read out. */
export function Announcer({ label, text }: { label: string; text: string }) {
  return (
    <div class="hidden" aria-live="polite" aria-label={label}>
      {text}
    </div>
  )
}
