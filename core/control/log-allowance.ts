/** Entries of one control log that are kept: a flood costs whoever makes it. */
export const MAX_ENTRIES = 8_192
/** Bytes of one control log that are kept. */
export const MAX_BYTES = 32 * 1024 * 1024
/** Heads of an entry that are kept. */
export const MAX_HEADS = 64
/** Share of its control log that a device fills for others; the rest is for what it has to say itself. */
export const FOR_OTHERS = 0.75
/** From here on a device leaves to others what others can do. */
export const NEARLY_FULL = 0.9

const ENTRY_COST = 128
const HEAD_COST = 24

/** What an entry costs its log: its bytes, and what comes with each in memory. */
export function entryCost(bytes: number, heads: number): number {
  return bytes + ENTRY_COST + HEAD_COST * heads
}

/** How much of what it may hold a control log of this length and size has used up: from 0 to 1. */
export function usedUp(entries: number, bytes: number): number {
  return Math.min(1, Math.max(entries / MAX_ENTRIES, (bytes + entries * ENTRY_COST) / MAX_BYTES))
}
