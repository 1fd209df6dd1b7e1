import type { RoomState } from '../../control/room-state.ts'

/** When each key that is kept for a while goes (epoch → wall-clock ms), by when its epoch was superseded. */
export function keyExpiry(
  { settings, epochs, epoch: current }: RoomState,
  kept: Iterable<number>,
): Map<number, number> {
  const expiry = new Map<number, number>()
  const { keepFor } = settings
  if (keepFor === null) return expiry
  for (const id of kept) {
    const entry = epochs.get(id)
    if (!entry || id === current) continue
    // The first of the line to the current epoch that came beside or after it took its place.
    let successor: number | null = null
    let line = epochs.get(current)
    for (const seen = new Set<number>(); line && !seen.has(line.id) && line.depth >= entry.depth;) {
      seen.add(line.id)
      // A claimed time never goes back, so the smallest says most; nothing is superseded before it began.
      if (line.id !== id) successor = Math.min(successor ?? Infinity, line.at)
      line = line.parent === null ? undefined : epochs.get(line.parent)
    }
    if (successor !== null) expiry.set(id, Math.max(entry.at, successor) + keepFor)
  }
  return expiry
}
