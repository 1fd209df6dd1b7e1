import type { RoomState } from '../../control/room-state.ts'

/**
 * When each key that is kept for a while goes (epoch → wall-clock ms), by when its epoch was superseded: as others
 * claim, so that it goes everywhere at once. Where this device saw it happen (`seen`, by its own clock) half of that
 * time passes from then on, whatever is claimed.
 */
export function keyExpiry(
  { settings, epochs, epoch: current }: RoomState,
  kept: Iterable<number>,
  seen: ReadonlyMap<number, number>,
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
    for (const past = new Set<number>(); line && !past.has(line.id) && line.depth >= entry.depth;) {
      past.add(line.id)
      // A claimed time never goes back, so the smallest says most; nothing is superseded before it began.
      if (line.id !== id) successor = Math.min(successor ?? Infinity, line.at)
      line = line.parent === null ? undefined : epochs.get(line.parent)
    }
    if (successor === null) continue
    const claimed = Math.max(entry.at, successor) + keepFor
    expiry.set(id, Math.max(claimed, (seen.get(id) ?? 0) + keepFor / 2))
  }
  return expiry
}
