/** Entries of one control log that are kept: a flood costs whoever makes it. */
export const MAX_ENTRIES = 8_192
/** Bytes of one control log that are kept. */
export const MAX_BYTES = 32 * 1024 * 1024
/** Share of its control log that a device fills for others; the rest is for what it has to say itself. */
export const FOR_OTHERS = 0.75

/** How much of what it may hold a control log of this length and size has used up: from 0 to 1. */
export function usedUp(entries: number, bytes: number): number {
  return Math.min(1, Math.max(entries / MAX_ENTRIES, bytes / MAX_BYTES))
}
