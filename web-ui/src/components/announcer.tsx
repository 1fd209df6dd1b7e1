/** Speaks what others wrote; the timeline itself stays silent, so that paging is not read out. */
export function Announcer({ text }: { text: string }) {
  return (
    <div class="hidden" aria-live="polite" aria-label="New messages">
      {text}
    </div>
  )
}
