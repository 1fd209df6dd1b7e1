const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const LONG_AGO = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' })
const TIME = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })
/** The range of Date less some days: a peer's clock may claim anything, and its midnight must exist. */
const LIMIT = 8.639e15

/** Local midnight of the day that a time claims, in milliseconds. */
export function dayOf(time: number): number {
  return new Date(sane(time)).setHours(0, 0, 0, 0)
}

export function dayWords(day: number, now: number): string {
  const days = Math.round((dayOf(now) - day) / 86_400_000)
  if (days === 0) return 'Today'
  if (days === 1) return 'Yesterday'
  return days > 0 && days < 300 ? DAY.format(day) : LONG_AGO.format(day)
}

export function timeWords(time: number): string {
  return TIME.format(sane(time))
}

/** “Nov 22, 2026, 2:30 PM”. */
export function dateWords(time: number): string {
  return SHORT.format(sane(time))
}

export function fullWords(time: number): string {
  return FULL.format(sane(time))
}

export function isoTime(time: number): string {
  return new Date(sane(time)).toISOString()
}

/** “just now”, “for 5 min”, “for 3 h”. */
export function sinceWords(since: number, now: number): string {
  const minutes = Math.floor((now - since) / 60_000)
  if (minutes < 1) return 'just now'
  return minutes < 60 ? `for ${minutes} min` : `for ${Math.floor(minutes / 60)} h`
}

function sane(time: number): number {
  return Number.isFinite(time) ? Math.max(-LIMIT, Math.min(LIMIT, time)) : 0
}
