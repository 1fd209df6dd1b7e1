import { signal } from '@preact/signals'

const TICK_MS = 5_000

/** The time of day in steps, for what counts down on screen. */
export const now = signal(Date.now())

setInterval(() => {
  now.value = Date.now()
}, TICK_MS)
