/**
 * When a message disappears, by this device's own clock: its timer runs from when it was sent, but never from later
 * than it was first seen here, whatever time its author claims.
 */
export function expiresAt(sentAt: number, seenAt: number, expiresIn: number): number {
  return Math.min(sentAt, seenAt) + expiresIn
}
